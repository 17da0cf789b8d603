// A sitting: which desk is shown, what comes next, and what became of the answers given.

import { draftFor, fetchDesk, itemOf, Queue, rootOf } from "./prefetch.js";
import { Desk } from "./desk.js";
import { backTo, remembered, undoLast } from "./corrections.js";
import { draftOf, Drafts } from "./drafts.js";
import { uuid } from "./ids.js";
import { Lease } from "./lease.js";
import { showMessage } from "./messages.js";
import { Notices } from "./notices.js";
import { offerOpinions } from "./opinions.js";
import { Outbox, reasonOf } from "./outbox.js";
import { Tabs } from "./tabs.js";
import { announce, words } from "./words.js";

const RETRY_MS = 5_000;
const LOST = [404, 409, 410];

/** @typedef {import("./prefetch.js").Item} Item */
/** @typedef {import("./outbox.js").Entry} Entry */
/**
 * @typedef {{slot: string, again: string, item: Item | null, draft: import("./drafts.js").Draft | null,
 *   until?: number}} Last `until` is when the edit window closes, by this computer's clock */

export class Session {
  /** @type {Desk | null} */
  desk = null;
  /** @type {Item | null} */
  item = null;
  /** @type {Last | null} the answer given last, to be corrected */
  last = null;
  /** the key of the answer whose arrival is waited for, with nothing else to show */
  #awaited = "";
  #why = "";
  #nextFailed = "";
  #sentAt = 0;
  /** @type {Map<string, Lease>} */
  #leases = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /** @param {HTMLElement} region for notices; its data say whose session this is @param {import("./store.js").Store} store */
  constructor(region, store) {
    const { labeler = "", next = "", page = "", today = "0" } = region.dataset;
    this.store = store;
    this.labeler = labeler;
    this.nextUrl = next;
    this.page = page;
    this.today = Number(today);
    this.lastName = `concord:last:${labeler}:${page}`;
    this.drafts = new Drafts(store, labeler);
    this.outbox = new Outbox(store, labeler);
    this.tabs = new Tabs(labeler, (message) => this.#heardFromTab(message));
    this.queue = new Queue(() => this.#next(), (count) => (region.dataset.ready = String(count)));
    this.notices = new Notices(region, {
      retry: () => this.#tryNow(),
      back: (entry) => backTo(this, entry),
      drop: (entry) => this.outbox.remove(entry),
    });
    this.#listen();
  }

  #listen() {
    const { outbox } = this;
    const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
    outbox.addEventListener("sent", (event) => this.#sent(detail(event)));
    outbox.addEventListener("refused", (event) => this.#refused(detail(event)));
    outbox.addEventListener("held", (event) => this.#held(detail(event)));
    outbox.addEventListener("changed", () => this.#tell());
    outbox.addEventListener("rested", () => this.#rested());
    addEventListener("online", () => this.#nextFailed && this.advance());
    addEventListener("pagehide", () => this.desk?.save());
    document.addEventListener("visibilitychange", () => this.desk?.save());
    addEventListener("beforeunload", (event) => {
      if (!this.store.durable && (this.desk?.touched || this.#awaited || this.#why)) event.preventDefault();
    });
  }

  /** Sit down at the desk that the page came with. */
  async start() {
    const root = /** @type {HTMLElement} */ (document.getElementById("desk"));
    const item = itemOf(root);
    await this.drafts.sweep(Date.now());
    const given = (await this.outbox.entries()).filter((entry) => entry.slot === item.slot).pop();
    if (item.slot) item.draft = given ? draftOf(given) : await draftFor(item, this.drafts);
    const mine = !item.slot || (await this.tabs.hold(item.slot));
    const other = mine || item.correcting ? null : await this.#next();
    this.sit(other?.slot ? other : item);
    if (!mine && !other?.slot) showMessage(words("otherTab"), "warn");
    if (given && !given.refusal && this.desk?.slot === given.slot) this.#wait(given, this.desk);
    this.#tell();
    await this.outbox.flush();
    this.#fill();
  }

  /** @returns {Desk | null} the desk that keys are for */
  current() {
    return this.desk?.root.inert ? null : this.desk;
  }

  // --- the desk ---

  /** @param {Item} item */
  sit(item) {
    this.desk?.leave();
    const old = /** @type {HTMLElement} */ (document.getElementById("desk"));
    const first = item.root === old;
    const root = rootOf(item);
    if (!first) old.replaceWith(root);
    window.htmx?.process(root);
    this.item = item;
    this.#nextFailed = "";
    clearTimeout(this.#retry);
    this.#leaveOldAddress(item);
    this.queue.drop(item.slot); // what is on the desk does not come next as well
    if (this.tabs.slot !== item.slot) this.tabs.hold(item.slot);
    this.desk = item.slot ? new Desk(root, this, item.draft) : null;
    this.#mark(root, item);
    if (item.slot && !item.correcting) this.#lend(item.slot, root);
    if (remembered(this)) offerUndo();
    if (first) return this.desk?.settle();
    this.#tell();
    scrollTo(0, 0);
    announce(this.desk ? words("next") : (root.querySelector("h1")?.textContent ?? ""));
    focusOn(root);
  }

  /** The page of one's answers leads to a task's own address; a reload must not reopen that. @param {Item} item */
  #leaveOldAddress({ correcting }) {
    if (!this.nextUrl || correcting || location.pathname === this.page) return;
    history.replaceState(history.state, "", this.page);
  }

  /** @param {HTMLElement} root @param {Item} item */
  #mark(root, item) {
    root.classList.toggle("correcting", item.correcting);
    const note = /** @type {HTMLElement | null} */ (root.querySelector(".correcting-note"));
    if (note) note.hidden = !item.correcting;
    note?.querySelector("a")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.drafts.forget(item.slot);
      this.advance();
    });
    this.#count(root);
  }

  /** @param {ParentNode} root */
  #count(root) {
    const counter = root.querySelector("span[data-today]");
    if (counter) counter.textContent = words("today", this.today);
  }

  /** @param {string} slot @param {HTMLElement} root */
  #lend(slot, root) {
    const { renew = "", expires = "" } = root.dataset;
    if (this.#leases.has(slot)) return;
    this.#leases.set(slot, new Lease(renew, expires, this.labeler, () => this.#lost(slot)));
  }

  /** @param {string} slot */
  done(slot) {
    this.#leases.get(slot)?.stop();
    this.#leases.delete(slot);
    this.queue.drop(slot);
  }

  /** @param {{answered?: string, taken?: string}} message */
  async #heardFromTab({ answered = "", taken = "" }) {
    if (taken && taken !== this.item?.slot) this.done(taken);
    if (!answered) return;
    if (this.desk?.slot !== answered) return this.done(answered);
    if (this.desk.kept || this.item?.correcting) return;
    if (!this.desk.touched) await this.advance();
    showMessage(words("answeredElsewhere"), "warn");
  }

  /** Somebody else has the task. @param {string} slot */
  async #lost(slot) {
    this.done(slot);
    if (this.desk?.slot !== slot) return this.#fill();
    if (this.desk.touched) return showMessage(words("expired"), "warn");
    await this.advance();
    showMessage(words("expiredMoved"), "warn");
  }

  // --- what comes next ---

  /** Show the next task, or say why there is none. */
  async advance() {
    clearTimeout(this.#retry);
    if (!this.nextUrl) return location.assign(this.page);
    if (this.desk) this.desk.root.inert = true;
    const ready = await this.queue.soonest(); // a second request would pass over it
    if (ready) {
      this.sit(ready);
      return this.#fill();
    }
    this.item = null;
    const item = await this.#next();
    if (item) {
      this.sit(item);
      return this.#fill();
    }
    if (!this.#nextFailed) return location.assign(this.page);
    this.#tell();
    this.#retry = setTimeout(() => this.advance(), RETRY_MS);
  }

  /** One more task, besides those in hand. @returns {Promise<Item | null>} */
  async #next() {
    const elsewhere = await this.tabs.others();
    const given = await this.outbox.entries();
    const waiting = given.flatMap((entry) => (entry.refusal ? [] : [entry.slot]));
    const mine = [this.item?.slot ?? "", ...this.queue.slots, ...waiting].filter(Boolean);
    let { item, reply } = await this.#ask([...mine, ...elsewhere]);
    if (reply?.status === 204 && mine.length === 0) ({ item, reply } = await this.#ask([]));
    this.#nextFailed = "";
    if (!item && reasonOf(reply) === "offline") this.#nextFailed = "saved";
    else if (!item && (reply?.status ?? 0) >= 500) this.#nextFailed = "nextRefused";
    else if (!item && reply?.status === 401) this.#nextFailed = "signedOut";
    if (!item?.slot) return item;
    this.#lend(item.slot, /** @type {HTMLElement} */ (item.root));
    // An answer that was not taken is still there to be mended.
    const refused = given.find((entry) => entry.slot === item?.slot);
    if (refused && !item.draft) item.draft = draftOf(refused);
    return item;
  }

  /** @param {string[]} holding */
  #ask(holding) {
    const query = new URLSearchParams(holding.map((slot) => ["holding", slot]));
    return fetchDesk(`${this.nextUrl}?${query}`, this.drafts);
  }

  /** Fetch ahead, once there is room: what is still to be sent is still on loan. */
  async #fill() {
    if (!this.nextUrl || !this.item?.slot || (await this.outbox.waiting()).length > 0) return;
    await this.queue.fill();
    this.#nextFailed = "";
  }

  #tryNow() {
    this.outbox.flush({ now: true });
    if (this.#nextFailed) this.advance();
  }

  // --- answers ---

  /** @param {import("./drafts.js").Draft} draft */
  keep(draft) {
    this.drafts.write(draft);
  }

  /** Give the desk's answer to the outbox and go on. @param {Desk} desk */
  send(desk) {
    const answer = JSON.stringify(desk.draft().values);
    // Sent before with an outcome unknown: the same again is the same, another one corrects it.
    if (desk.kept?.answer === answer) return this.#again(desk);
    if (desk.kept) desk.key = uuid();
    const { slot, key, labeler } = desk;
    this.#sentAt = Math.max(Date.now(), this.#sentAt + 1);
    const again = desk.root.dataset.again ?? "";
    const place = { labeler, key, slot, at: this.#sentAt, url: desk.form.action, again };
    const entry = { ...place, body: desk.body(), tried: false, refusal: null };
    desk.kept = { answer, key };
    this.drafts.cancel(slot);
    this.#remember({ slot, again, item: this.item, draft: desk.draft() });
    this.notices.unsent(1);
    this.outbox.add(entry);
    const next = this.queue.take();
    if (next) this.sit(next);
    else this.#wait(entry, desk);
  }

  /** @param {Desk} desk */
  #again(desk) {
    this.#wait({ key: desk.kept?.key ?? "" }, desk);
    this.outbox.flush({ now: true });
  }

  /** @param {{key: string}} entry @param {Desk} desk nothing else is there to show meanwhile */
  #wait(entry, desk) {
    this.#awaited = entry.key;
    desk.kept ??= { answer: JSON.stringify(desk.draft().values), key: entry.key };
    desk.root.inert = true;
    announce(words("sending"));
    this.#tell();
  }

  /** Give the desk back. */
  #release() {
    this.#awaited = "";
    announce("");
    if (!this.desk) return;
    this.desk.root.inert = false;
    document.getElementById("main")?.focus({ preventScroll: true });
  }

  undoLast() {
    return undoLast(this);
  }

  /** @param {{entry: Entry, reply: import("./ask.js").Reply}} arrived */
  async #sent({ entry, reply }) {
    this.today = reply.data.today ?? this.today;
    this.#count(document);
    this.done(entry.slot);
    offerOpinions(reply.data.opinions);
    if (this.last?.slot === entry.slot) this.last.until = Date.now() + 1000 * reply.data.correct_for;
    this.tabs.tell({ answered: entry.slot });
    if (this.#awaited === entry.key) {
      this.#awaited = "";
      return this.advance();
    }
    const { desk } = this;
    if (desk?.slot !== entry.slot || desk.kept?.key !== entry.key) return this.#fill();
    if (desk.kept.answer === JSON.stringify(desk.draft().values)) return this.advance();
    showMessage(words("sentMeanwhile"), "warn");
  }

  /** @param {{entry: Entry}} arrived */
  async #refused({ entry }) {
    const { desk } = this;
    if (desk?.kept?.key !== entry.key) return this.#fill();
    this.#release();
    desk.kept = null;
    const status = entry.refusal?.status ?? 0;
    if (LOST.includes(status) && (await this.showLost(entry))) return;
    desk.save();
    showMessage(entry.refusal?.detail ?? "");
    if (!LOST.includes(status)) await this.outbox.remove(entry);
  }

  /** @param {{entry: Entry, why: string}} arrived */
  #held({ entry, why }) {
    this.#why = why;
    if (this.#awaited !== entry.key) return;
    this.#release(); // what the notice says is enough
  }

  /** The task is over for this person: what was written, to read and to copy. @param {Entry} entry */
  async showLost(entry) {
    const { item } = await fetchDesk(entry.url, this.drafts, entry.body);
    if (!item) return false;
    await this.outbox.remove(entry);
    this.done(entry.slot);
    this.sit({ ...item, slot: "", draft: null });
    return true;
  }

  /** What waited here may have been sent from another page. */
  async #rested() {
    const keys = (await this.outbox.entries()).map((entry) => entry.key);
    this.#tell();
    if (!this.#awaited || keys.includes(this.#awaited)) return;
    this.#awaited = "";
    this.advance();
  }

  async #tell() {
    const entries = await this.outbox.entries();
    const refused = entries.filter((entry) => entry.refusal && entry.key !== this.desk?.kept?.key);
    const waiting = entries.filter((entry) => !entry.refusal).length;
    if (waiting === 0) this.#why = "";
    const sending = this.#awaited !== "";
    const only = entries.some((entry) => !entry.refusal && entry.key === this.desk?.kept?.key);
    this.notices.show({ waiting, why: this.#why, refused, next: this.#nextFailed, sending, only });
  }

  // --- answers that were given before ---

  /** @param {Last} last */
  #remember(last) {
    this.last = last;
    offerUndo();
    const { slot, again } = last;
    try {
      sessionStorage.setItem(this.lastName, JSON.stringify({ slot, again }));
    } catch {
      // after a reload there is nothing to correct with a key; the page of one's answers has it
    }
  }
}

/** Who has no keys corrects the last answer with a button. */
function offerUndo() {
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-undo-last]"));
  if (button) button.hidden = false;
}

/** @param {HTMLElement} root */
function focusOn(root) {
  const onward = /** @type {HTMLElement | null} */ (root.querySelector("[data-first-focus]"));
  (onward ?? document.getElementById("main"))?.focus({ preventScroll: !onward });
}
