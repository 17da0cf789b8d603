// A better version of the best response: it starts as that response, as it was written.

import { on } from "./actions.js";
import { chosenOf, orderQuestion } from "./choices.js";
import { parse } from "./ranking.js";
import { sourceOf } from "./sources.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @type {WeakMap<Desk, Editing>} */
const all = new WeakMap();

/** @param {Desk} desk */
export function edit(desk) {
  if (desk.root.querySelector('[data-question="edit"]')) all.set(desk, new Editing(desk));
}

on("edit", (desk) => all.get(desk)?.open() ?? false);

class Editing {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.box = /** @type {HTMLDetailsElement} */ (desk.root.querySelector('[data-question="edit"]'));
    this.text = /** @type {HTMLTextAreaElement} */ (this.box.querySelector("textarea"));
    this.of = /** @type {HTMLSelectElement} */ (this.box.querySelector("select"));
    this.box.addEventListener("toggle", () => this.#start());
    this.of.addEventListener("change", () => this.#fill());
    desk.events.addEventListener("change", () => this.#name());
    if (this.text.value) this.box.open = true;
    this.#name();
  }

  open() {
    this.box.open = true;
    this.#start();
    this.text.focus();
    return true;
  }

  /** Opened, and nothing written yet: the best response is what to start from. */
  #start() {
    if (!this.box.open || this.#changed()) return;
    const best = bestOf(this.desk);
    if (best) this.of.value = best;
    this.#fill();
  }

  /** What was written by hand is never overwritten. */
  #fill() {
    if (!this.#changed()) this.text.value = this.#source();
    this.desk.changed();
  }

  #source() {
    const card = this.desk.root.querySelector(`.response[data-place="${CSS.escape(this.of.value)}"]`);
    return card instanceof HTMLElement ? sourceOf(card) : "";
  }

  /** Whether there is a version of one's own, and not one of the responses as it is. */
  #changed() {
    const written = plain(this.text.value);
    const cards = /** @type {NodeListOf<HTMLElement>} */ (this.desk.root.querySelectorAll(".response"));
    return written !== "" && ![...cards].some((card) => plain(sourceOf(card)) === written);
  }

  /** What was not changed is no answer: without a name it is not sent. */
  #name() {
    const changed = this.#changed();
    this.text.name = changed ? "edit_text" : "";
    this.of.name = changed ? "edit_response" : "";
  }
}

/** As a text box gives it back. @param {string} text */
const plain = (text) => text.replace(/\r\n?/g, "\n").trim();

/** @param {Desk} desk @returns {string} the place of the best response so far, or nothing */
function bestOf(desk) {
  const order = orderQuestion(desk);
  if (!order) {
    const { tiers } = parse(desk.control("ranking")?.value ?? "", desk.places, desk.root.dataset.separators ?? " ");
    return String(tiers[0]?.[0] ?? "");
  }
  const chosen = chosenOf(order)?.value ?? "";
  if (order.dataset.question !== "pair_7") return /^\d$/.test(chosen) ? chosen : "";
  const worth = Number(chosen);
  return worth > 0 ? "2" : worth < 0 && worth >= -3 ? "1" : "";
}
