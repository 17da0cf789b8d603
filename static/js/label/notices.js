// What is said of answers that are not on the desk any more: kept for later, or not taken.

import { icon } from "./icons.js";
import { words } from "./words.js";

/** @typedef {import("./outbox.js").Entry} Entry */
/**
 * @typedef {{waiting: number, why: string, refused: Entry[], next: string, sending: boolean, only: boolean}} State
 *   `next`: why there is no next task to show, if so; `only`: the desk shows an answer that waits, for want of a next task
 */
/**
 * @typedef {{retry: () => void, back: (entry: Entry) => void, drop: (entry: Entry) => void}} Ways
 */

export class Notices {
  /** @param {HTMLElement} region @param {Ways} ways */
  constructor(region, ways) {
    this.region = region;
    this.ways = ways;
  }

  /** How many answers are on their way, for the eye of a stylesheet or a test. @param {number} count */
  unsent(count) {
    this.region.dataset.unsent = String(count);
  }

  /** @param {State} state */
  show({ waiting, why, refused, next, sending, only }) {
    this.unsent(waiting);
    const notes = refused.map((entry) => this.#refused(entry));
    const noNetwork = only ? why === "offline" : next === "saved";
    if (noNetwork) notes.push(this.#note("info", words("saved"), [this.#retry()]));
    else if (waiting > 0 && why) notes.push(this.#waiting(waiting, why));
    else if (next) notes.push(this.#note("warn", words(next), [this.#retry()]));
    else if (sending) notes.push(this.#note("info", words("sending"), []));
    this.region.replaceChildren(...notes);
    this.region.hidden = notes.length === 0;
  }

  /** @param {number} count @param {string} why */
  #waiting(count, why) {
    const kept = words(count === 1 ? "keptOne" : "keptMany", count);
    const ways = [this.#retry()];
    if (why === "signedOut" || why === "otherLabeler") ways.unshift(link("signIn", "signInUrl", true));
    if (why === "consent") ways.unshift(link("readTerms", "termsUrl", false));
    return this.#note("warn", `${words(why === "offline" ? "unreachable" : why)} ${kept}`, ways);
  }

  /** @param {Entry} entry */
  #refused(entry) {
    const back = button("backToAnswer", () => this.ways.back(entry));
    const drop = button("letGo", () => this.ways.drop(entry));
    return this.#note("bad", words("notTaken", entry.refusal?.detail ?? ""), [back, drop]);
  }

  #retry() {
    return button("tryNow", () => this.ways.retry());
  }

  /** @param {string} kind @param {string} text @param {HTMLElement[]} ways */
  #note(kind, text, ways) {
    const note = document.createElement("div");
    note.className = `note ${kind}`;
    const said = document.createElement("p");
    said.textContent = text;
    const actions = document.createElement("div");
    actions.className = "actions";
    actions.append(...ways);
    note.append(icon("exclamation-triangle"), said, actions);
    return note;
  }
}

/** @param {string} name @param {() => void} act */
function button(name, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-quiet";
  made.textContent = words(name);
  made.addEventListener("click", act);
  return made;
}

/** @param {string} name @param {string} address @param {boolean} apart in a tab of its own */
function link(name, address, apart) {
  const made = document.createElement("a");
  made.className = "btn btn-quiet";
  made.href = words(address);
  if (apart) made.target = "_blank";
  made.textContent = words(name);
  return made;
}
