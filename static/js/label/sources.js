// The text behind a rendered response: what was served, and where a character of it is shown.

const NOT_TEXT = "button, .code-head, [aria-hidden=true]"; // beside the text, no part of it
const OTHERWISE = "math, .formula"; // shown in another way than it was written
const WHITE = /[ \t\n\v\f\r\0]/; // the signs that the server passes over, too

/** @param {HTMLElement} card @returns {string} the response as it was served */
export const sourceOf = (card) => JSON.parse(card.dataset.source ?? '""');

/** @typedef {{node: Text, from: number, to: number, at: number}} Piece a word: `at` in the source */

/**
 * Where the words of a rendered response stand in its source, as the server says: `at count at
 * count …` for all signs shown, in characters, -1 where there is no place.
 * @param {HTMLElement} prose @param {string} source @param {string} origins @returns {Piece[]}
 */
export function align(prose, source, origins) {
  const places = placesOf(source, origins);
  /** @type {Piece[]} */
  const pieces = [];
  for (const node of textsIn(prose)) {
    if (node.parentElement?.closest(OTHERWISE)) continue;
    let from = 0;
    for (const sign of node.data) {
      if (!WHITE.test(sign)) take(pieces, node, from, sign, source, places.next().value ?? -1);
      from += sign.length;
    }
  }
  return places.next().done ? pieces : []; // another text than the server's: nothing is sure
}

/** @param {Piece[]} pieces @param {Text} node @param {number} from @param {string} sign @param {string} source @param {number} at */
function take(pieces, node, from, sign, source, at) {
  if (at < 0 || !source.startsWith(sign, at)) return;
  const last = pieces[pieces.length - 1];
  const goesOn = last?.node === node && last.to === from && last.at + last.to - last.from === at;
  if (goesOn) last.to += sign.length;
  else pieces.push({ node, from, to: from + sign.length, at });
}

/** One place for each sign that is shown, in UTF-16 units. @param {string} source @param {string} origins */
function* placesOf(source, origins) {
  const numbers = origins.split(" ").filter(Boolean).map(Number);
  const signs = [...source];
  const units = [0];
  for (const sign of signs) units.push(units[units.length - 1] + sign.length);
  for (let index = 0; index < numbers.length; index += 2) {
    let at = numbers[index];
    for (let left = numbers[index + 1]; left > 0; at += at < 0 ? 0 : 1) {
      if (at >= 0 && WHITE.test(signs[at] ?? "?")) continue;
      left -= 1;
      yield at < 0 ? -1 : (units[at] ?? -1);
    }
  }
}

/** @param {HTMLElement} prose @returns {Text[]} */
function textsIn(prose) {
  const found = [];
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    if (!node.parentElement?.closest(NOT_TEXT)) found.push(node);
  }
  return found;
}

/**
 * The stretch of the source that a range covers, in UTF-16 units. Nothing if no text is in it;
 * `"unsure"` if it cannot be said of all of it where it stands. A formula may be in the middle: all
 * that was written for it is in the stretch.
 * @param {HTMLElement} prose @param {Piece[]} pieces @param {Range} range
 * @returns {{start: number, end: number} | "unsure" | null}
 */
export function stretchOf(prose, pieces, range) {
  const signs = textsIn(prose).flatMap((node) => selectedIn(node, range));
  if (signs.length === 0) return null;
  const places = placesAt(pieces, signs);
  const [start, last] = [places[0], places[places.length - 1]];
  const known = places.every((place, index) => place >= 0 || signs[index].node.parentElement?.closest(OTHERWISE));
  if (!known || start < 0 || last < 0) return "unsure";
  return { start, end: last + signs[signs.length - 1].length };
}

/** @param {Text} node @param {Range} range @returns {{node: Text, at: number, length: number}[]} signs */
function selectedIn(node, range) {
  if (!range.intersectsNode(node)) return [];
  const from = node === range.startContainer ? range.startOffset : 0;
  const to = node === range.endContainer ? range.endOffset : node.length;
  const found = [];
  let at = 0;
  for (const sign of node.data) {
    const inside = at + sign.length > from && at < to;
    if (inside && !WHITE.test(sign)) found.push({ node, at, length: sign.length });
    at += sign.length;
  }
  return found;
}

/**
 * Where signs stand in the source, or -1: both are in the order of the page.
 * @param {Piece[]} pieces @param {{node: Text, at: number}[]} signs @returns {number[]}
 */
function placesAt(pieces, signs) {
  /** @type {Map<Text, number>} */
  const firsts = new Map();
  for (const [index, { node }] of pieces.entries()) if (!firsts.has(node)) firsts.set(node, index);
  let index = 0;
  return signs.map(({ node, at }, nth) => {
    if (nth === 0 || signs[nth - 1].node !== node) index = firsts.get(node) ?? pieces.length;
    while (pieces[index]?.node === node && pieces[index].to <= at) index += 1;
    const piece = pieces[index];
    return piece?.node === node && piece.from <= at ? piece.at + at - piece.from : -1;
  });
}

/** What is selected in the source itself, without white space around it. @param {Range} range */
export function stretchOfSource(range) {
  const text = range.toString();
  const start = range.startOffset + text.length - text.trimStart().length;
  const end = range.startOffset + text.trimEnd().length;
  return start < end ? { start, end } : null;
}

/**
 * Where a stretch of the source is shown.
 * @param {Piece[]} pieces @param {number} start @param {number} end @returns {Range | null}
 */
export function rangeOf(pieces, start, end) {
  const inside = pieces.filter(({ at, from, to }) => at < end && at + to - from > start);
  const [first, last] = [inside[0], inside[inside.length - 1]];
  if (!first || !last) return null;
  const range = document.createRange();
  range.setStart(first.node, first.from + Math.max(0, start - first.at));
  range.setEnd(last.node, Math.min(last.to, last.from + end - last.at));
  return range;
}

/** Characters as the server counts them: a pair of surrogates is one. @param {string} text @param {number} units */
export const toCharacters = (text, units) => [...text.slice(0, units)].length;

/** @param {string} text @param {number} characters */
export const toUnits = (text, characters) => [...text].slice(0, characters).join("").length;
