// An item of the training: a desk whose answer is waited for, as what comes next depends on it.

import "./label/guidelines.js";
import { ask } from "./label/ask.js";
import { Desk } from "./label/desk.js";
import { Drafts } from "./label/drafts.js";
import { listen } from "./label/keys.js";
import { showMessage } from "./label/messages.js";
import { draftFor, itemOf } from "./label/prefetch.js";
import { Store } from "./label/store.js";
import { announce, words } from "./label/words.js";

document.documentElement.classList.add("js");

// Coming back with the browser's back button shows the item as it is now, not as it was.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

const root = /** @type {HTMLElement} */ (document.getElementById("desk"));
const { labeler = "" } = root.dataset;
const drafts = new Drafts(await Store.open(), labeler);
const item = itemOf(root);

/** @param {string} url @param {string} body @param {HTMLElement} form what was sent */
async function send(url, body, form) {
  if (root.inert) return;
  root.inert = true;
  announce(words("sending"));
  const reply = await ask(url, { labeler, body });
  if (reply?.ok) {
    await drafts.forget(item.slot);
    location.assign(reply.data.next);
    return;
  }
  root.inert = false;
  announce("");
  form.closest("dialog")?.close();
  const unheard = reply?.status === 401 ? "signedOut" : reply ? "itemRefused" : "itemOffline";
  showMessage(reply?.status !== 401 && reply?.data?.detail ? reply.data.detail : words(unheard));
}

const office = {
  labeler,
  keep: (/** @type {import("./label/drafts.js").Draft} */ draft) => void drafts.write(draft),
  send: (/** @type {Desk} */ desk) => void send(desk.form.action, desk.body(), desk.form),
};
const desk = item.slot ? new Desk(root, office, await draftFor(item, drafts)) : null;
desk?.settle();
listen(() => (root.inert ? null : desk));
addEventListener("pagehide", () => desk?.save());

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.closest("dialog")?.id !== "skip-dialog") return;
  event.preventDefault();
  const parts = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
  send(form.action, new URLSearchParams(parts).toString(), form);
});
