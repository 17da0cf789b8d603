// Answers on their way: kept until the server has said that it has them, sent in order, each once.

import { ask } from "./ask.js";
import { draftOf } from "./drafts.js";
import { alone } from "./tabs.js";

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
const REFUSALS = [400, 403, 404, 409, 410, 413];

/**
 * @typedef {{labeler: string, key: string, slot: string, at: number, url: string, again: string,
 *   body: string, tried: boolean, refusal: null | {status: number, code: string, detail: string}}} Entry
 *   `again` is where its task can be seen again; `tried`: it may have arrived already
 */
/** @typedef {"offline" | "signedOut" | "otherLabeler" | "consent" | "trouble"} Hold */

/** Events: "sent" and "refused" with the entry and the reply, "held" with the entry and why. */
export class Outbox extends EventTarget {
  #running = false;
  #again = false;
  #wait = FIRST_WAIT_MS;
  /** @type {Map<string, {wait: number, due: number}>} when an answer in trouble is tried again */
  #turns = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("./store.js").Store} store @param {string} labeler */
  constructor(store, labeler) {
    super();
    this.store = store;
    this.labeler = labeler;
    addEventListener("online", () => this.flush({ now: true }));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.flush();
    });
  }

  /** @returns {Promise<Entry[]>} oldest first */
  async entries() {
    const rows = await this.store.all("outbox", this.labeler);
    return rows.sort((one, other) => one.at - other.at);
  }

  /** @returns {Promise<Entry[]>} those that are still to be sent */
  async waiting() {
    return (await this.entries()).filter((entry) => !entry.refusal);
  }

  /** Keep an answer, in one step with giving up its draft, and send it. @param {Entry} entry */
  async add(entry) {
    await this.store.write("outbox", entry, [["drafts", [entry.labeler, entry.slot]]]);
    return this.flush();
  }

  /** @param {Entry} entry */
  async remove(entry) {
    await this.store.write("outbox", null, [["outbox", [entry.labeler, entry.key]]]);
    this.dispatchEvent(new CustomEvent("changed"));
  }

  /** An answer that is not sent after all, in one step with its draft. @param {Entry} entry */
  async takeBack(entry) {
    const draft = draftOf(entry);
    await this.store.write("drafts", draft, [["outbox", [entry.labeler, entry.key]]]);
    this.dispatchEvent(new CustomEvent("changed"));
    return draft;
  }

  /**
   * Send all that waits. Never twice at once, whatever asks for it. What the server could not take
   * waits for its turn, so that it does not hold up what comes after it, unless somebody asks now.
   * @param {{now?: boolean}} [how]
   */
  async flush({ now = false } = {}) {
    if (now) this.#turns.clear();
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    clearTimeout(this.#timer);
    let held = false;
    while (this.#again) {
      this.#again = false;
      held = await alone(`concord:outbox:${this.labeler}`, () => this.#round());
    }
    this.#running = false;
    this.dispatchEvent(new CustomEvent("rested"));
    if (!held) this.#wait = FIRST_WAIT_MS;
    else this.#later();
  }

  #later() {
    const due = Math.min(...[...this.#turns.values()].map((turn) => turn.due - Date.now()));
    this.#timer = setTimeout(() => this.flush(), Math.min(Math.max(due, FIRST_WAIT_MS), this.#wait));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  /** @returns {Promise<boolean>} whether something had to stay */
  async #round() {
    const stuck = new Set();
    for (const entry of await this.waiting()) {
      if (stuck.has(entry.slot)) continue; // its corrections come after it
      const early = (this.#turns.get(entry.key)?.due ?? 0) > Date.now();
      const hold = early ? "trouble" : await this.#send(entry);
      if (hold) stuck.add(entry.slot);
      if (!early) this.#turn(entry.key, hold);
      if (hold && hold !== "trouble") break;
    }
    return stuck.size > 0;
  }

  /** @param {string} key @param {Hold | null} hold */
  #turn(key, hold) {
    const before = this.#turns.get(key)?.wait ?? FIRST_WAIT_MS / 2;
    const wait = Math.min(before * 2, LONGEST_WAIT_MS);
    if (hold === "trouble") this.#turns.set(key, { wait, due: Date.now() + wait });
    else this.#turns.delete(key);
  }

  /** @param {Entry} entry @returns {Promise<Hold | null>} */
  async #send(entry) {
    if (!navigator.onLine) {
      this.#tell("held", { entry, why: "offline" });
      return "offline";
    }
    if (!entry.tried) await this.store.write("outbox", { ...entry, tried: true });
    const reply = await this.#post(entry);
    if (reply?.ok && reply.data) {
      await this.remove(entry);
      this.#tell("sent", { entry, reply });
      return null;
    }
    if (reply?.data?.code && REFUSALS.includes(reply.status) && reply.data.code !== "consent_needed") {
      const { code, detail } = reply.data;
      const refused = { ...entry, tried: true, refusal: { status: reply.status, code, detail } };
      await this.store.write("outbox", refused);
      this.#tell("refused", { entry: refused, reply });
      return null;
    }
    const why = reasonOf(reply);
    this.#tell("held", { entry, why });
    return why;
  }

  /** @param {Entry} entry @returns {Promise<import("./ask.js").Reply | null>} */
  async #post({ labeler, url, again, body }) {
    const reply = await ask(url, { labeler, body, outlive: true });
    if (reply?.status !== 403 || reply.data) return reply;
    // The token went with its cookie: a page brings a new one, to who is still signed in.
    const page = await ask(again, { labeler });
    return page?.status === 401 ? page : ask(url, { labeler, body });
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

/** @param {import("./ask.js").Reply | null} reply @returns {Hold} */
export function reasonOf(reply) {
  if (!reply) return "offline";
  if (reply.data?.code === "other_labeler") return "otherLabeler";
  if (reply.data?.code === "consent_needed") return "consent";
  return reply.status === 401 ? "signedOut" : "trouble";
}
