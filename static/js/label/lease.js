// A task is on loan: it is renewed while somebody works on the page.

import { ask } from "./ask.js";
import { active } from "./timer.js";

const LONGEST_MS = 5 * 60_000;
const SHORTEST_MS = 10_000;

export class Lease {
  /**
   * @param {string} url @param {string} expires ISO 8601 @param {string} labeler
   * @param {() => void} onLost somebody else has the task now
   */
  constructor(url, expires, labeler, onLost) {
    this.url = url;
    this.labeler = labeler;
    this.onLost = onLost;
    this.#plan(expires);
  }

  /** @param {string} expires */
  #plan(expires) {
    const left = new Date(expires).getTime() - Date.now();
    const wait = Math.max(SHORTEST_MS, Math.min(left / 3, LONGEST_MS));
    this.next = setTimeout(() => this.#renew(expires), wait);
  }

  /** @param {string} expires */
  async #renew(expires) {
    if (!active()) return this.#plan(expires);
    const reply = await ask(this.url, { labeler: this.labeler, body: "" });
    if (this.stopped) return;
    if (reply?.status === 410 || reply?.status === 409) return this.onLost();
    // Offline, or a server in trouble: the next round tries again.
    this.#plan(reply?.ok && reply.data ? reply.data.expires_at : expires);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.next);
  }
}
export { csrfToken } from "./ask.js";
