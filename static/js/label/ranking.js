// What a ranking is, without a page: tiers of places, best first, ties together.

/** @typedef {number[][]} Tiers */

/**
 * @typedef {{kind: "twice" | "tooHigh" | "stray" | "unknown" | "dangling", sign: string}} Problem
 *   why the server would object to the signs, and the first sign it would object to
 */

/**
 * Tiers from what was typed: `2 1=3`. Lenient while one types: unknown signs are passed over.
 * @param {string} text
 * @param {number} places
 * @param {string} separators signs that mean nothing, the list the server has
 * @returns {{tiers: Tiers, problem: Problem | null}}
 */
export function parse(text, places, separators) {
  /** @type {Tiers} */
  const tiers = [];
  const seen = new Set();
  let tie = false;
  /** @type {Problem | null} */
  let problem = null;
  for (const sign of text.normalize("NFKC")) {
    if (separators.includes(sign)) continue;
    const place = /\d/.test(sign) ? Number(sign) : 0;
    if (sign === "=" && tiers.length > 0 && !tie) {
      tie = true;
    } else if (place >= 1 && place <= places && !seen.has(place)) {
      seen.add(place);
      if (tie) tiers[tiers.length - 1].push(place);
      else tiers.push([place]);
      tie = false;
    } else {
      problem ??= { kind: objection(sign, seen.has(place)), sign };
    }
  }
  if (tie) problem ??= { kind: "dangling", sign: "=" };
  return { tiers, problem };
}

/** @param {string} sign @param {boolean} seen @returns {Problem["kind"]} */
function objection(sign, seen) {
  if (seen) return "twice";
  if (sign === "=") return "stray";
  return /\d/.test(sign) ? "tooHigh" : "unknown";
}

/** @param {Tiers} tiers */
export function format(tiers) {
  return tiers.map((tier) => tier.join("=")).join(" ");
}

/** @param {Tiers} tiers @param {number} places @returns {number[]} */
export function missing(tiers, places) {
  const ranked = new Set(tiers.flat());
  return Array.from({ length: places }, (_, index) => index + 1).filter((p) => !ranked.has(p));
}

/** @param {Tiers} tiers @param {number} place @returns {number} index of its tier, or -1 */
export function tierOf(tiers, place) {
  return tiers.findIndex((tier) => tier.includes(place));
}

/** @param {Tiers} tiers @param {number} place @returns {Tiers} without the place */
export function without(tiers, place) {
  return tiers.map((tier) => tier.filter((p) => p !== place)).filter((tier) => tier.length > 0);
}

/** @param {Tiers} tiers @param {number} place @returns {Tiers} with the place ranked last */
export function append(tiers, place) {
  return [...without(tiers, place), [place]];
}

/**
 * One step up or down: out of a tie first, then past the neighbour.
 * @param {Tiers} tiers @param {number} place @param {-1 | 1} step @returns {Tiers}
 */
export function move(tiers, place, step) {
  const at = tierOf(tiers, place);
  if (at < 0) return tiers;
  if (tiers[at].length > 1) {
    const rest = tiers[at].filter((p) => p !== place);
    const parts = step < 0 ? [[place], rest] : [rest, [place]];
    return [...tiers.slice(0, at), ...parts, ...tiers.slice(at + 1)];
  }
  const to = at + step;
  if (to < 0 || to >= tiers.length) return tiers;
  const moved = [...tiers];
  [moved[at], moved[to]] = [moved[to], moved[at]];
  return moved;
}

/** @param {Tiers} tiers @param {number} place @returns {Tiers} tied with the tier above */
export function tieWithAbove(tiers, place) {
  const at = tierOf(tiers, place);
  if (at < 1) return tiers;
  const rest = tiers[at].filter((p) => p !== place);
  const merged = [...tiers[at - 1], place];
  return [...tiers.slice(0, at - 1), merged, rest, ...tiers.slice(at + 1)].filter((t) => t.length);
}
