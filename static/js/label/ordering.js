// The ranking of all responses: typed into the field, laid out on the board, read out as an order.

import { on } from "./actions.js";
import { Board } from "./board.js";
import { clearMessage, showMessage } from "./messages.js";
import { append, format, missing, parse, tierOf, without } from "./ranking.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./ranking.js").Tiers} Tiers */

/** @type {WeakMap<Desk, Ordering>} */
const orderings = new WeakMap();

/** @param {Desk} desk */
export function ordering(desk) {
  if (desk.root.querySelector("#board") && desk.control("ranking")) {
    orderings.set(desk, new Ordering(desk));
  }
}

for (let place = 1; place <= 9; place += 1) {
  on(`rank-${place}`, (desk) => orderings.get(desk)?.type(String(place)) ?? false);
  on(`tie-${place}`, (desk) => orderings.get(desk)?.tie(String(place)) ?? false);
}
on("tie", (desk) => orderings.get(desk)?.type("=") ?? false);
on("back", (desk) => orderings.get(desk)?.back() ?? false);
on("clear", (desk) => orderings.get(desk)?.clear() ?? false);
on("undo", (desk) => orderings.get(desk)?.undo() ?? false);
// A separator between numbers, not a page further down.
on("space", (desk) => Boolean(orderings.get(desk)?.field.value));

class Ordering {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.root = desk.root;
    this.places = desk.places;
    this.field = /** @type {HTMLInputElement} */ (desk.control("ranking"));
    /** @type {string[]} what stood in the field before, the last at the end */
    this.past = [];
    this.now = this.field.value;
    const board = /** @type {HTMLElement} */ (this.root.querySelector("#board"));
    this.board = new Board(board, this.places, (tiers) => this.#changed(tiers));
    this.#listen();
    this.#show(this.#read().tiers);
    this.#explain();
    desk.objections.push(() => this.#objection());
  }

  #read() {
    return parse(this.field.value, this.places, this.root.dataset.separators ?? " ");
  }

  /** @returns {string} why what stands in the field cannot be read, or nothing */
  #problem() {
    const { problem } = this.#read();
    if (!problem) return "";
    const last = problem.kind === "tooHigh" ? [this.places] : [];
    return words(problem.kind, problem.sign, ...last);
  }

  /** Say at once what is wrong; a tie that waits for its number is only unfinished. */
  #explain() {
    if (this.#read().problem?.kind !== "dangling") this.#object(this.#problem());
  }

  /** @param {string} why in words, or nothing */
  #object(why) {
    if (!why) return;
    announce("");
    showMessage(why);
  }

  #objection() {
    if (this.desk.unacceptable) return null;
    const open = missing(this.#read().tiers, this.places);
    const text = this.#problem() || (open.length > 0 ? words("missing", open.join(", ")) : "");
    return text ? { text, focus: this.field } : null;
  }

  #listen() {
    this.field.addEventListener("input", () => {
      this.#remember();
      const { tiers } = this.#read();
      this.#show(tiers);
      this.#say(tiers);
      this.#explain();
    });
    this.desk.events.addEventListener("change", () => this.#showOnCards(this.#read().tiers));
    this.#keepFocusOffPointer();
    this.root.addEventListener("click", (event) => {
      const pressed = /** @type {Element} */ (event.target).closest("[data-rank-next]");
      if (!(pressed instanceof HTMLElement)) return;
      const place = Number(pressed.dataset.rankNext);
      const { tiers } = this.#read();
      this.#changed(tierOf(tiers, place) < 0 ? append(tiers, place) : without(tiers, place));
    });
  }

  /** Who ranks with the mouse and then presses Enter means Submit, not the button pressed last. */
  #keepFocusOffPointer() {
    const ranks = "[data-rank-next], [data-act]";
    /** @param {Event} event */
    const onRank = (event) => /** @type {Element} */ (event.target).closest(ranks) !== null;
    this.root.addEventListener("mousedown", (event) => {
      if (onRank(event)) event.preventDefault();
    });
    this.root.addEventListener("click", (event) => {
      if (event.detail === 0 || !onRank(event) || document.activeElement === this.field) return;
      document.getElementById("main")?.focus({ preventScroll: true });
    });
  }

  /** @param {Tiers} tiers */
  #changed(tiers) {
    this.field.value = format(tiers);
    this.#remember();
    this.#show(tiers);
    this.#say(tiers);
    this.desk.changed();
  }

  #remember() {
    if (this.field.value === this.now) return;
    this.past.push(this.now);
    this.now = this.field.value;
  }

  /** Whether keys are for the order now, and not for another question. */
  #isAsked() {
    const current = this.root.querySelector("[data-question].current");
    return !current || current.contains(this.field);
  }

  /** @param {Tiers} tiers */
  #show(tiers) {
    clearMessage();
    this.board.show(tiers);
    /** @type {HTMLElement} */ (this.root.querySelector(".order-words")).textContent = format(tiers) || "–";
    this.#showOnCards(tiers);
  }

  /** Where none is acceptable, none has a place. @param {Tiers} tiers */
  #showOnCards(tiers) {
    const { unacceptable } = this.desk;
    for (const card of this.root.querySelectorAll(".response")) {
      const at = tierOf(tiers, Number(/** @type {HTMLElement} */ (card).dataset.place));
      card.classList.toggle("ranked", at >= 0 && !unacceptable);
      const next = /** @type {HTMLElement} */ (card.querySelector(".rank-next"));
      next.hidden = unacceptable;
      const tied = at >= 0 && tiers[at].length > 1;
      const label = at < 0 ? words("first") : words(tied ? "tied" : "place", at + 1);
      /** @type {HTMLElement} */ (next.querySelector(".rank-words")).textContent = label;
    }
  }

  /** @param {Tiers} tiers */
  #say(tiers) {
    const open = missing(tiers, this.places);
    const order = tiers.map((tier) => tier.join(words("and"))).join(words("then"));
    const rest = open.length > 0 ? ` ${words("missing", open.join(", "))}` : "";
    announce(tiers.length > 0 ? words("order", order) + rest : words("nothing"));
  }

  /** @param {string} sign a digit or = */
  type(sign) {
    const { tiers } = this.#read();
    const at = tierOf(tiers, Number(sign));
    const typed = this.field.value.trimEnd();
    if (at >= 0) {
      this.#object(words("already", sign, at + 1));
    } else if (Number(sign) > this.places) {
      this.#object(words("tooHigh", sign, this.places));
    } else if (sign === "=") {
      this.#typed(tiers.length > 0 && !typed.endsWith("=") ? `${typed}=` : typed);
    } else {
      this.#typed(typed && !typed.endsWith("=") ? `${typed} ${sign}` : typed + sign);
    }
    return true;
  }

  /**
   * The place shares the tier of the one ranked last; the first of all starts the order.
   * @param {string} place @returns {boolean}
   */
  tie(place) {
    if (!this.#isAsked()) return false;
    const { tiers } = this.#read();
    const known = tierOf(tiers, Number(place)) >= 0 || Number(place) > this.places;
    const typed = this.field.value.trimEnd();
    if (tiers.length > 0 && !known && !typed.endsWith("=")) this.field.value = `${typed}=`;
    return this.type(place);
  }

  /** The last sign goes; of an order that was cleared, all comes back. */
  back() {
    const typed = this.field.value.trimEnd();
    if (!typed) return this.undo();
    this.#typed(typed.slice(0, -1).trimEnd());
    return true;
  }

  /** Nothing is lost: cleared once more, the order is back, and so it is by a button. */
  clear() {
    if (!this.#isAsked()) return false;
    if (!this.field.value.trim()) return this.undo();
    this.#typed("");
    showMessage(words("cleared"), "warn", { label: words("bringBack"), act: () => this.undo() });
    return true;
  }

  /** The order as it was before the last change. @returns {boolean} whether there was one */
  undo() {
    const before = this.past.pop();
    if (before === undefined) return false;
    this.now = before;
    this.#typed(before);
    return true;
  }

  /**
   * Without moving the focus: on a small screen that would scroll away from what one reads.
   * @param {string} text
   */
  #typed(text) {
    this.field.value = text;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
