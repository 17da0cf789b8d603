// How one reads: the tools above the responses, and what they share.

import { dispatch, on } from "./actions.js";
import { sourceOf } from "./sources.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */

const STORED = "concord:reading";

/** @returns {Record<string, boolean>} the tools that were left switched on */
export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** @param {string} tool @param {boolean} isOn */
export function remember(tool, isOn) {
  try {
    localStorage.setItem(STORED, JSON.stringify({ ...remembered(), [tool]: isOn }));
  } catch {
    // holds for this task only
  }
}

/** @param {Desk} desk @returns {HTMLElement[]} */
export const cardsOf = (desk) => [...desk.root.querySelectorAll(".response")].map(asElement);

/** @param {HTMLElement} card */
export const proseOf = (card) => asElement(card.querySelector(".prose"));

/** @param {unknown} node @returns {HTMLElement} */
const asElement = (node) => /** @type {HTMLElement} */ (node);

/** Show on its buttons whether a tool is on. @param {Desk} desk @param {string} tool @param {boolean} isOn */
export function press(desk, tool, isOn) {
  for (const button of desk.root.querySelectorAll(`.reading-tools [data-does="${tool}"]`)) {
    button.setAttribute("aria-pressed", String(isOn));
  }
}

/**
 * A tool that is on or off for all responses, and stays so for the tasks that follow.
 * @param {Desk} desk @param {string} tool @param {(isOn: boolean) => void} apply
 */
export function lasting(desk, tool, apply) {
  const isOn = remembered()[tool] ?? false;
  press(desk, tool, isOn);
  if (isOn) apply(isOn);
  return () => {
    const next = !(remembered()[tool] ?? false);
    remember(tool, next);
    press(desk, tool, next);
    apply(next);
    announce(words(next ? "toolOn" : "toolOff", words(tool === "focus-mode" ? "focusMode" : tool)));
  };
}

/** The response a key is about: where the focus is, else what is most in sight. @param {Desk} desk */
export function currentCard(desk) {
  const cards = cardsOf(desk).filter((card) => card.checkVisibility());
  const held = cards.find((card) => card.contains(document.activeElement));
  return held ?? cards.reduce((most, card) => (inSight(card) > inSight(most) ? card : most), cards[0]);
}

/** @param {HTMLElement} card @returns {number} pixels of its height on the screen */
function inSight(card) {
  const { top, bottom } = card.getBoundingClientRect();
  return Math.min(bottom, innerHeight) - Math.max(top, 0);
}

/** @param {Event | undefined} event @param {Desk} desk the card whose own button was pressed */
export function cardOf(event, desk) {
  const button = event?.type === "click" ? asElement(event.target).closest("[data-does]") : null;
  const card = button?.closest(".response");
  return card instanceof HTMLElement && desk.root.contains(card) ? card : null;
}

/** @param {Desk} desk */
export function reading(desk) {
  desk.root.addEventListener("click", (event) => {
    const button = asElement(event.target).closest("[data-does]");
    if (button instanceof HTMLElement) dispatch(button.dataset.does ?? "", desk, event);
  });
  tools.set(desk, {
    wrap: lasting(desk, "wrap", (isOn) => desk.root.classList.toggle("wrapped", isOn)),
  });
}

/** @type {WeakMap<Desk, {wrap: () => void}>} */
const tools = new WeakMap();

/** @param {Desk} desk @param {number} step */
function go(desk, step) {
  const cards = cardsOf(desk).filter((card) => card.checkVisibility());
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  const from = at < 0 && currentCard(desk) ? cards.indexOf(currentCard(desk)) - (step > 0 ? 1 : 0) : at;
  const card = cards[(from + step + cards.length) % cards.length];
  if (!card) return;
  card.tabIndex = -1;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
}

/** @param {Desk} desk @param {HTMLElement} card @param {boolean} isOn */
function showSource(desk, card, isOn) {
  const old = card.querySelector(".source");
  if (Boolean(old) === isOn) return;
  old?.remove();
  if (isOn) {
    const source = document.createElement("pre");
    source.className = "source";
    source.dir = "auto";
    source.tabIndex = 0;
    source.textContent = sourceOf(card);
    source.setAttribute("role", "group");
    source.setAttribute("aria-label", words("sourceOf", card.dataset.place ?? ""));
    proseOf(card).after(source);
  }
  proseOf(card).hidden = isOn;
  const button = card.querySelector('[data-does="source"]');
  button?.setAttribute("aria-pressed", String(isOn));
}

on("next-response", (desk) => go(desk, 1));
on("previous-response", (desk) => go(desk, -1));
on("wrap", (desk) => tools.get(desk)?.wrap());
on("source", (desk, event) => {
  const one = cardOf(event, desk);
  const cards = one ? [one] : cardsOf(desk);
  const isOn = !cards.every((card) => card.querySelector(".source"));
  for (const card of cards) showSource(desk, card, isOn);
  press(desk, "source", cardsOf(desk).every((card) => card.querySelector(".source")));
  announce(words(isOn ? "toolOn" : "toolOff", words("source")));
});
