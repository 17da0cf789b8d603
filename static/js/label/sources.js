// The text behind a rendered response: what was served, and where a character of it is shown.

const FAR = 40; // further ahead than this, one word alone may be another one of the same letters
const WINDOW = 400;
const NOT_TEXT = "button, math, .code-head, [aria-hidden=true]"; // shown, but no part of the text

/** @param {HTMLElement} card @returns {string} the response as it was served */
export const sourceOf = (card) => JSON.parse(card.dataset.source ?? '""');

/** @typedef {{node: Text, from: number, to: number, at: number}} Piece a word: `at` in the source */

/**
 * Where the words of a rendered response stand in its source. Signs of Markdown are passed over;
 * what is shown in another way than it was written (a formula) has no place.
 * @param {HTMLElement} prose @param {string} source @returns {Piece[]}
 */
export function align(prose, source) {
  const words = wordsIn(prose);
  const pieces = [];
  let position = 0;
  for (const [index, word] of words.entries()) {
    const at = find(source, word.text, position, words[index + 1]?.text);
    if (at < 0) continue;
    pieces.push({ node: word.node, from: word.from, to: word.from + word.text.length, at });
    position = at + word.text.length;
  }
  return pieces;
}

/** @param {HTMLElement} prose */
function wordsIn(prose) {
  const found = [];
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    if (node.parentElement?.closest(NOT_TEXT)) continue;
    for (const match of node.data.matchAll(/\S+/g)) {
      found.push({ node, from: match.index, text: match[0] });
    }
  }
  return found;
}

/** @param {string} source @param {string} word @param {number} from @param {string} [next] */
function find(source, word, from, next) {
  const at = source.slice(from, from + WINDOW + word.length).indexOf(word);
  if (at < 0) return -1;
  const after = from + at + word.length;
  const sure = at <= FAR || !next || source.slice(after, after + FAR + next.length).includes(next);
  return sure ? from + at : -1;
}

/**
 * The stretch of the source that a range covers, in UTF-16 units.
 * @param {Piece[]} pieces @param {Range} range @returns {{start: number, end: number} | null}
 */
export function stretchOf(pieces, range) {
  let start = -1;
  let end = -1;
  for (const piece of pieces) {
    if (!range.intersectsNode(piece.node)) continue;
    const from = piece.node === range.startContainer ? Math.max(piece.from, range.startOffset) : piece.from;
    const to = piece.node === range.endContainer ? Math.min(piece.to, range.endOffset) : piece.to;
    if (from >= to) continue;
    if (start < 0) start = piece.at + from - piece.from;
    end = piece.at + to - piece.from;
  }
  return start >= 0 && start < end ? { start, end } : null;
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
