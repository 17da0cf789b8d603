// One task on the page: its form, its draft and its time. Features do the rest.

import { on } from "./actions.js";
import { bodyOf, collect, restore } from "./drafts.js";
import { FEATURES } from "./features.js";
import { clearMessage, showMessage } from "./messages.js";
import { Timer } from "./timer.js";

const BOUNCE_MS = 400;

/** @typedef {import("./drafts.js").Draft} Draft */
/** @typedef {() => null | {text: string, focus?: HTMLElement}} Objection */
/**
 * @typedef {{labeler: string, keep: (draft: Draft) => void, send: (desk: Desk) => void}} Office
 *   who keeps drafts and sends answers
 */

export class Desk {
  /** @type {(() => void)[]} */
  #leaving = [];

  /** @param {HTMLElement} root @param {Office} office @param {Draft | null} draft */
  constructor(root, office, draft) {
    this.root = root;
    this.office = office;
    this.form = /** @type {HTMLFormElement} */ (root.querySelector("#answer"));
    this.slot = root.dataset.slot ?? "";
    this.labeler = office.labeler;
    this.places = Number(root.dataset.places);
    /** "change" after any change of the answer, "leave" when another desk takes its place */
    this.events = new EventTarget();
    /** @type {Objection[]} the first that is not null stops the submit */
    this.objections = [];
    if (draft) restore(this.form, draft.values);
    // The server's own key for the task, whatever is reloaded or sent again: it counts once.
    this.key = draft?.key ?? this.control("submit_key")?.value ?? "";
    /** whether there is an answer to lose, and whether a hand was on it since it was shown */
    this.touched = draft !== null;
    this.touchedHere = false;
    /** @type {null | {answer: string, key: string}} what was given to the outbox, and came back */
    this.kept = null;
    this.timer = new Timer(draft?.seconds ?? 0);
    this.shownAt = performance.now();
    for (const sign of ["input", "change"]) root.addEventListener(sign, (event) => this.#heard(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    for (const feature of FEATURES) feature(this);
  }

  /** It came with the page: no key pressed for the task before can bounce here. */
  settle() {
    this.shownAt = -Infinity;
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
    this.touched = true;
    this.touchedHere = true;
    this.save();
    this.events.dispatchEvent(new Event("change"));
  }

  /** @returns {Draft} the answer as it stands */
  draft() {
    const { labeler, slot, key } = this;
    const seconds = this.timer.read();
    return { labeler, slot, key, seconds, at: Date.now(), values: collect(this.form) };
  }

  save() {
    if (!this.left && !this.root.inert && this.touched) this.office.keep(this.draft());
  }

  /** What is posted. */
  body() {
    const { values, key, seconds } = this.draft();
    return bodyOf(values, key, seconds);
  }

  /** Send the answer, or say what is missing. */
  submit() {
    // A key that bounces must not answer the next task, whose answer may be complete from before.
    const bounced = !this.touchedHere && performance.now() - this.shownAt < BOUNCE_MS;
    if (this.left || this.root.inert || bounced) return;
    clearMessage();
    for (const objection of this.objections) {
      const found = objection();
      if (!found) continue;
      showMessage(found.text);
      found.focus?.focus();
      return;
    }
    this.office.send(this);
  }

  /** @param {() => void} fn called once, when another desk takes this one's place */
  onLeave(fn) {
    this.#leaving.push(fn);
  }

  leave() {
    this.left = true;
    this.timer.stop();
    for (const fn of this.#leaving.splice(0)) fn();
    this.events.dispatchEvent(new Event("leave"));
  }
}

on("submit", (desk) => desk.submit());
