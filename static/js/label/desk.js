// One task on the page: its form and draft, its time and its lease. Features do the rest.

import { on } from "./actions.js";
import { DraftBox, collect, restore } from "./draft.js";
import { FEATURES } from "./features.js";
import { Lease } from "./lease.js";
import { showMessage } from "./messages.js";
import { Timer } from "./timer.js";

/** @typedef {() => null | {text: string, focus?: HTMLElement}} Objection */

export class Desk {
  /** @type {(() => void)[]} */
  #leaving = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.form = /** @type {HTMLFormElement} */ (root.querySelector("#answer"));
    this.slot = root.dataset.slot ?? "";
    this.labeler = root.dataset.labeler ?? "";
    this.places = Number(root.dataset.places);
    /** "change" after any change of the answer, "leave" when another desk takes its place */
    this.events = new EventTarget();
    /** @type {Objection[]} the first that is not null stops the submit */
    this.objections = [];
    this.box = new DraftBox(this.slot, this.labeler);
    const draft = this.box.read();
    if (draft) restore(this.form, draft.values);
    // The same key for the same task, whatever is reloaded or sent again: it counts once.
    this.key = draft?.key ?? crypto.randomUUID();
    /** @type {HTMLInputElement} */ (this.control("submit_key")).value = this.key;
    this.sent = draft?.sent;
    this.timer = new Timer(draft?.seconds ?? 0);
    this.lease = new Lease(root.dataset.renew ?? "", root.dataset.expires ?? "");
    for (const sign of ["input", "change"]) root.addEventListener(sign, (event) => this.#heard(event));
    for (const feature of FEATURES) feature(this);
    this.save();
  }

  /**
   * A named field of the answer, also one that stands outside the form's own element.
   * @param {string} name @returns {HTMLInputElement | null}
   */
  control(name) {
    return /** @type {HTMLInputElement | null} */ (this.form.elements.namedItem(name));
  }

  get unacceptable() {
    return this.control("unacceptable")?.checked ?? false;
  }

  /** @param {Event} event */
  #heard(event) {
    const { form } = /** @type {HTMLInputElement} */ (event.target);
    if (form === this.form) this.changed();
  }

  /** Something set a field of the answer: kept, and told to all features. */
  changed() {
    this.save();
    this.events.dispatchEvent(new Event("change"));
  }

  save() {
    const { key, sent } = this;
    const seconds = this.timer.read();
    this.box.write({ key, seconds, sent, at: Date.now(), values: collect(this.form) });
  }

  /** Send the answer, or say what is missing. */
  submit() {
    this.form.requestSubmit();
  }

  /** @returns {boolean} whether the form may be sent now */
  ready() {
    for (const objection of this.objections) {
      const found = objection();
      if (!found) continue;
      showMessage(found.text);
      found.focus?.focus();
      return false;
    }
    // Sent again unchanged, after a lost reply: the very same body, so that it is the same answer.
    const answer = JSON.stringify(collect(this.form));
    if (this.sent?.answer !== answer) this.sent = { answer, seconds: this.timer.read() };
    /** @type {HTMLInputElement} */ (this.control("seconds")).value = String(this.sent.seconds);
    this.save();
    return true;
  }

  /** @param {() => void} fn called once, when another desk takes this one's place */
  onLeave(fn) {
    this.#leaving.push(fn);
  }

  leave() {
    this.timer.stop();
    this.lease.stop();
    for (const fn of this.#leaving.splice(0)) fn();
    this.events.dispatchEvent(new Event("leave"));
  }
}

on("submit", (desk) => desk.submit());
