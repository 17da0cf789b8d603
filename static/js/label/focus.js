// One response at a time, for who wants to read without the others in the corner of the eye.

import { on } from "./actions.js";
import { cardsOf, currentCard, lasting } from "./reading.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @type {WeakMap<Desk, () => void>} */
const toggles = new WeakMap();

/** @param {Desk} desk */
const listOf = (desk) => /** @type {HTMLElement} */ (desk.root.querySelector(".responses"));

/** @param {Desk} desk */
const isOn = (desk) => listOf(desk).classList.contains("one-by-one");

/** @param {Desk} desk */
export function focusMode(desk) {
  toggles.set(
    desk,
    lasting(desk, "focus-mode", (next) => {
      const card = currentCard(desk) ?? cardsOf(desk)[0];
      listOf(desk).classList.toggle("one-by-one", next);
      show(desk, card);
    }),
  );
}

/** @param {Desk} desk @param {HTMLElement} card */
function show(desk, card) {
  const cards = cardsOf(desk);
  for (const each of cards) each.classList.toggle("in-focus", each === card);
  const where = desk.root.querySelector(".reading-where");
  if (where) where.textContent = words("whichOf", cards.indexOf(card) + 1, cards.length);
}

/** @param {Desk} desk @param {number} step */
function go(desk, step) {
  if (!isOn(desk)) return false;
  const cards = cardsOf(desk);
  const at = cards.findIndex((card) => card.classList.contains("in-focus"));
  const card = cards[(at + step + cards.length) % cards.length];
  show(desk, card);
  announce(words("response", card.dataset.place ?? ""));
  if (listOf(desk).getBoundingClientRect().top < 0) card.scrollIntoView({ block: "start" });
}

on("focus-mode", (desk) => toggles.get(desk)?.());
on("next-response", (desk) => go(desk, 1));
on("previous-response", (desk) => go(desk, -1));
