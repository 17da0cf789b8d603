// Which response is better, where that is one choice: the best of them, a pair, seven points.

import { on } from "./actions.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */

// What the keys "tie" and "none" choose, by question.
const TIES = { pair: "tie", pair_7: "0" };
const NONE = { pair: "both_bad", pair_7: "-100" };
const BETTER = new Set(["best", "pair"]); // a card's own button chooses that response

/** @param {Desk} desk @returns {HTMLElement | null} */
export const orderQuestion = (desk) =>
  desk.root.querySelector(["best", "pair", "pair_7"].map((name) => `[data-question="${name}"]`).join());

/** @param {Element} question @returns {HTMLInputElement[]} */
export const inputsOf = (question) => [...question.querySelectorAll("input[type=radio]")].map(
  (input) => /** @type {HTMLInputElement} */ (input),
);

/** @param {Element} question */
export const chosenOf = (question) => inputsOf(question).find((input) => input.checked) ?? null;

/** @param {HTMLInputElement} input */
export const wordsOf = (input) => input.closest("label")?.querySelector(".option-words")?.textContent ?? "";

/**
 * Choose, or take the choice back, and let everybody know as if it had been clicked.
 * @param {HTMLInputElement} input @param {boolean} [checked]
 */
export function choose(input, checked = true) {
  input.checked = checked;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  announce(checked ? wordsOf(input) : words("takenBack"));
}

/** @param {Desk} desk @param {Record<string, string>} values @returns {boolean} */
function chooseValue(desk, values) {
  const question = orderQuestion(desk);
  const value = values[question?.dataset.question ?? ""];
  const input = question && inputsOf(question).find((each) => each.value === value);
  if (input) choose(input, !input.checked);
  return Boolean(input);
}

on("tie", (desk) => chooseValue(desk, TIES));
on("none", (desk) => chooseValue(desk, NONE));

/** @param {Desk} desk */
export function choices(desk) {
  const question = orderQuestion(desk);
  if (!question) return;
  const show = () => showChosen(desk, question);
  if (BETTER.has(question.dataset.question ?? "")) desk.root.addEventListener("click", (event) => {
    const pressed = /** @type {Element} */ (event.target).closest("[data-rank-next]");
    if (!(pressed instanceof HTMLElement)) return;
    const input = inputsOf(question).find((each) => each.value === pressed.dataset.rankNext);
    if (input) choose(input, !input.checked);
    if (event.detail > 0) document.getElementById("main")?.focus({ preventScroll: true });
  });
  desk.events.addEventListener("change", show);
  desk.objections.push(() => {
    if (desk.unacceptable || chosenOf(question)) return null;
    const legend = question.querySelector("legend")?.textContent?.trim() ?? "";
    return { text: words("unanswered", legend), focus: inputsOf(question)[0] };
  });
  show();
}

/** @param {Desk} desk @param {HTMLElement} question */
function showChosen(desk, question) {
  const chosen = desk.unacceptable ? null : chosenOf(question);
  const worth = Number(chosen?.value);
  const better = question.dataset.question === "pair_7" ? (worth > 0 ? 2 : worth === 0 || worth < -3 ? 0 : 1) : worth;
  const order = desk.root.querySelector(".order-words");
  if (order) order.textContent = chosen ? wordsOf(chosen) : "–";
  for (const card of /** @type {NodeListOf<HTMLElement>} */ (desk.root.querySelectorAll(".response"))) {
    const button = /** @type {HTMLElement | null} */ (card.querySelector(".rank-next"));
    const best = chosen !== null && Number(card.dataset.place) === better;
    card.classList.toggle("ranked", best);
    if (!button || !BETTER.has(question.dataset.question ?? "")) continue;
    button.hidden = desk.unacceptable;
    button.setAttribute("aria-pressed", String(best));
    /** @type {HTMLElement} */ (button.querySelector(".rank-words")).textContent = words(best ? "chosen" : "choose");
  }
}
