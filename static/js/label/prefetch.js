// Tasks fetched ahead, so that the next one is there when it is wanted.

import { ask } from "./ask.js";

/** @typedef {import("./drafts.js").Draft} Draft */
/**
 * @typedef {{slot: string, html: string, root: HTMLElement | null, draft: Draft | null,
 *   correcting: boolean}} Item
 *   a desk that can be sat at; `html` is as the server sent it, so that one can come back to it;
 *   without a slot it says why there is no task
 */

/** @param {string} html @returns {HTMLElement | null} */
function rootIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const root = page.getElementById("desk");
  return root && /** @type {HTMLElement} */ (document.adoptNode(root));
}

/** The item's element, made anew if it was used before. @param {Item} item */
export function rootOf(item) {
  const root = item.root ?? /** @type {HTMLElement} */ (rootIn(item.html));
  item.root = null;
  return root;
}

/** @param {HTMLElement} root on the page, before anything changed it @returns {Item} */
export function itemOf(root) {
  const { slot = "", correcting } = root.dataset;
  return { slot, html: root.outerHTML, root, draft: null, correcting: correcting !== undefined };
}

/**
 * @param {string} url @param {import("./drafts.js").Drafts} drafts @param {string} [body] posted
 * @returns {Promise<{item: Item | null, reply: import("./ask.js").Reply | null}>}
 */
export async function fetchDesk(url, drafts, body) {
  const reply = await ask(url, { labeler: drafts.labeler, fragment: true, body });
  const root = reply && rootIn(reply.text);
  if (!root) return { item: null, reply };
  const item = { ...itemOf(root), html: reply.text };
  if (item.slot) item.draft = await draftFor(item, drafts);
  return { item, reply };
}

/**
 * The draft of a task; one of a first answer is none of a correction. The first has the task's key.
 * @param {Item} item @param {import("./drafts.js").Drafts} drafts @returns {Promise<Draft | null>}
 */
export async function draftFor({ slot, correcting }, drafts) {
  const draft = await drafts.read(slot);
  return draft && correcting === (draft.key !== slot) ? draft : null;
}

export class Queue {
  /** @type {Item[]} */
  #items = [];
  /** @type {Promise<void> | null} what is on its way */
  #coming = null;

  /** @param {() => Promise<Item | null>} next @param {(count: number) => void} counted */
  constructor(next, counted) {
    this.next = next;
    this.counted = counted;
  }

  get slots() {
    return this.#items.map((item) => item.slot);
  }

  /** Have one ready. */
  async fill() {
    if (this.#coming || this.#items.length > 0) return;
    this.#coming = this.#fetch();
    await this.#coming;
    this.#coming = null;
  }

  async #fetch() {
    const item = await this.next();
    if (item?.slot && !this.slots.includes(item.slot)) this.#set([...this.#items, item]);
  }

  /** The first one, or the one that is on its way. @returns {Promise<Item | undefined>} */
  async soonest() {
    if (this.#items.length === 0) await this.#coming;
    return this.take();
  }

  /** @returns {Item | undefined} */
  take() {
    const [first, ...rest] = this.#items;
    this.#set(rest);
    return first;
  }

  /** @param {Item} item to be next */
  put(item) {
    this.#set([item, ...this.#items]);
  }

  /** @param {string} slot that is not to be had any more */
  drop(slot) {
    this.#set(this.#items.filter((item) => item.slot !== slot));
  }

  /** @param {Item[]} items */
  #set(items) {
    this.#items = items;
    this.counted(items.length);
  }
}
