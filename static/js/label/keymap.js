// Which keys ask for which action, as the server has it for this person.

import { keyByPlace, keyName, unshifted } from "./key-names.js";

const NARROW_FIRST = ["selection", "order", "everywhere"];

/** @returns {Map<string, string[]>} names of actions by key, those that listen most rarely first */
function read() {
  /** @type {Map<string, {name: string, rank: number}[]>} */
  const found = new Map();
  const source = document.getElementById("keymap");
  const entries = source instanceof HTMLTemplateElement ? source.content.children : [];
  for (const entry of entries) {
    const { action, keys, where } = /** @type {HTMLElement} */ (entry).dataset;
    const rank = NARROW_FIRST.indexOf(where ?? "everywhere");
    for (const key of (keys ?? "").split(" ").filter(Boolean)) {
      found.set(key, [...(found.get(key) ?? []), { name: action ?? "", rank }]);
    }
  }
  return new Map([...found].map(([key, actions]) => [key, sorted(actions)]));
}

/** @param {{name: string, rank: number}[]} actions */
function sorted(actions) {
  return actions.sort((one, other) => one.rank - other.rank).map(({ name }) => name);
}

/** @type {Map<string, string[]> | null} */
let keymap = null;

/**
 * What a key press asks for. Shift with the key of a response asks to tie it with the last one,
 * where that combination has no other meaning.
 * @param {KeyboardEvent} event @returns {string[]} names of actions to try in turn
 */
export function actionsFor(event) {
  keymap ??= read();
  const name = keyName(event);
  const exact = name && keymap.get(name);
  if (exact) return exact;
  if (!name) return [];
  if (!event.shiftKey) return keymap.get(keyByPlace(event)) ?? [];
  const ranks = keymap.get(unshifted(event)) ?? [];
  return ranks.filter((rank) => rank.startsWith("rank-")).map((rank) => rank.replace("rank", "tie"));
}
