// A task is on loan: it is renewed while somebody works on it.

import { active } from "./timer.js";
import { showMessage } from "./messages.js";
import { words } from "./words.js";

const LONGEST_MS = 5 * 60_000;
const SHORTEST_MS = 10_000;

/** @returns {string} the token as the cookie has it now: signing in again changes it */
export function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

export class Lease {
  /** @param {string} url @param {string} expires ISO 8601 */
  constructor(url, expires) {
    this.url = url;
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
    try {
      const headers = { "X-CSRFToken": csrfToken(), "HX-Request": "true" };
      const reply = await fetch(this.url, { method: "POST", headers });
      if (reply.ok) return this.#plan((await reply.json()).expires_at);
      if (reply.status === 410) return showMessage(words("expired"), "warn");
    } catch {
      // offline: the next round tries again
    }
    return this.#plan(expires);
  }

  stop() {
    clearTimeout(this.next);
  }
}
