// One task on the page: the answer form, its board, its draft, its time and its lease.

import { Board } from "./board.js";
import { DraftBox, collect, restore } from "./draft.js";
import { Lease } from "./lease.js";
import { clearMessage, showMessage } from "./messages.js";
import { append, format, missing, parse, tierOf, without } from "./ranking.js";
import { Timer } from "./timer.js";
import { announce, words } from "./words.js";

/** @typedef {import("./ranking.js").Tiers} Tiers */

export class Desk {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.form = /** @type {HTMLFormElement} */ (root.querySelector("#answer"));
    this.field = /** @type {HTMLInputElement} */ (root.querySelector("#ranking"));
    this.places = Number(root.dataset.places);
    this.box = new DraftBox(root.dataset.slot ?? "", root.dataset.labeler ?? "");
    const draft = this.box.read();
    if (draft) restore(this.form, draft.values);
    // The same key for the same task, whatever is reloaded or sent again: it counts once.
    this.key = draft?.key ?? crypto.randomUUID();
    this.#hidden("submit_key").value = this.key;
    this.sent = draft?.sent;
    this.timer = new Timer(draft?.seconds ?? 0);
    this.lease = new Lease(root.dataset.renew ?? "", root.dataset.expires ?? "");
    const board = /** @type {HTMLElement} */ (root.querySelector("#board"));
    this.board = new Board(board, this.places, (tiers) => this.#changed(tiers));
    this.#listen();
    this.#show(this.#read().tiers);
    this.#explain();
    this.#showUnacceptable();
    this.save();
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

  /** @param {string} name */
  #hidden(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }

  get unacceptable() {
    return this.#hidden("unacceptable").checked;
  }

  #listen() {
    this.field.addEventListener("input", () => {
      const { tiers } = this.#read();
      this.#show(tiers);
      this.#say(tiers);
      this.#explain();
    });
    this.form.addEventListener("input", () => {
      this.#showUnacceptable();
      this.save();
    });
    this.#keepFocusOffPointer();
    this.root.addEventListener("click", (event) => {
      const pressed = /** @type {Element} */ (event.target).closest("[data-rank-next]");
      if (!(pressed instanceof HTMLElement)) return;
      const place = Number(pressed.dataset.rankNext);
      const { tiers } = this.#read();
      this.#changed(tierOf(tiers, place) < 0 ? append(tiers, place) : without(tiers, place));
    });
    for (const input of this.root.querySelectorAll(".scale input")) {
      input.addEventListener("change", () => this.save());
    }
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
    this.#show(tiers);
    this.#say(tiers);
    this.save();
  }

  /** @param {Tiers} tiers */
  #show(tiers) {
    clearMessage();
    this.board.show(tiers);
    /** @type {HTMLElement} */ (this.root.querySelector(".order")).textContent = format(tiers) || "–";
    for (const card of this.root.querySelectorAll(".response")) {
      const at = tierOf(tiers, Number(/** @type {HTMLElement} */ (card).dataset.place));
      card.classList.toggle("ranked", at >= 0);
      const next = /** @type {HTMLElement} */ (card.querySelector(".rank-next"));
      next.hidden = false;
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

  #showUnacceptable() {
    this.form.classList.toggle("setaside", this.unacceptable);
  }

  save() {
    const seconds = this.timer.read();
    const { key, sent } = this;
    this.box.write({ key, seconds, sent, at: Date.now(), values: collect(this.form) });
  }

  // --- what keys do ---

  /** @param {string} sign a digit or = */
  type(sign) {
    const { tiers } = this.#read();
    const at = tierOf(tiers, Number(sign));
    if (at >= 0) return this.#object(words("already", sign, at + 1));
    if (Number(sign) > this.places) return this.#object(words("tooHigh", sign, this.places));
    const typed = this.field.value.trimEnd();
    if (sign === "=") this.field.value = tiers.length > 0 && !typed.endsWith("=") ? `${typed}=` : typed;
    else if (typed.endsWith("=")) this.field.value = typed + sign;
    else this.field.value = typed ? `${typed} ${sign}` : sign;
    this.#typed();
  }

  back() {
    this.field.value = this.field.value.trimEnd().slice(0, -1).trimEnd();
    this.#typed();
  }

  clear() {
    this.field.value = "";
    this.#typed();
  }

  none() {
    const box = this.#hidden("unacceptable");
    box.checked = !box.checked;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    if (box.checked) /** @type {HTMLElement} */ (this.form.querySelector("#reason")).focus();
  }

  /** Without moving the focus: on a small screen that would scroll away from what one reads. */
  #typed() {
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Send the answer, or say what is missing. */
  submit() {
    this.form.requestSubmit();
  }

  /** @returns {string} what keeps the answer from being sent, or nothing */
  objection() {
    if (this.unacceptable) {
      return this.#hidden("reason").value.trim() ? "" : words("reason");
    }
    const { tiers } = this.#read();
    const open = missing(tiers, this.places);
    const problem = this.#problem();
    if (problem) return problem;
    return open.length > 0 ? words("missing", open.join(", ")) : "";
  }

  /** @returns {boolean} whether the form may be sent now */
  ready() {
    const objection = this.objection();
    if (objection) {
      showMessage(objection);
      /** @type {HTMLElement} */ (this.unacceptable ? this.#hidden("reason") : this.field).focus();
      return false;
    }
    // Sent again unchanged, after a lost reply: the very same body, so that it is the same answer.
    const answer = JSON.stringify(collect(this.form));
    if (this.sent?.answer !== answer) this.sent = { answer, seconds: this.timer.read() };
    this.#hidden("seconds").value = String(this.sent.seconds);
    this.save();
    return true;
  }

  /** The server has it, or the task is over for this person. */
  leave() {
    this.timer.stop();
    this.lease.stop();
  }
}
