// A disagreement before an expert: a desk whose answer is a decision, and is waited for.

import "./label/guidelines.js";
import { on } from "./label/actions.js";
import { ask } from "./label/ask.js";
import { Desk } from "./label/desk.js";
import { openDialog } from "./label/dialogs.js";
import { Drafts } from "./label/drafts.js";
import { listen } from "./label/keys.js";
import { showMessage } from "./label/messages.js";
import { draftFor, itemOf } from "./label/prefetch.js";
import { Store } from "./label/store.js";
import { announce, words } from "./label/words.js";

/** @typedef {import("./label/desk.js").Office} Office */

document.documentElement.classList.add("js");

// Coming back with the browser's back button shows how things stand now.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

const root = /** @type {HTMLElement} */ (document.getElementById("desk"));
const { labeler = "" } = root.dataset;
const drafts = new Drafts(await Store.open(), labeler);
const item = itemOf(root);

/** @param {Desk} desk @returns {string} the kind that is chosen */
const kindOf = (desk) => new FormData(desk.form).get("kind")?.toString() ?? "";

/** Whether anything of an answer was given. @param {Desk} desk */
function begun(desk) {
  const data = new FormData(desk.form);
  return ["ranking", "choice", "scale", "unacceptable"].some((name) => data.get(name)?.toString().trim());
}

/** Whether an answer has to be whole: a slip has one, with the other kinds it may be left out. @param {Desk} desk */
function wanted(desk) {
  const kind = kindOf(desk);
  return kind !== "ambiguous_prompt" && (kind === "slip" || begun(desk));
}

/** @param {Desk} desk */
async function send(desk) {
  if (root.inert) return;
  root.inert = true;
  announce(words("sending"));
  const reply = await ask(desk.form.action, { labeler, body: desk.body() });
  if (reply?.ok || reply?.data?.code === "already_adjudicated") await drafts.forget(item.slot);
  if (reply?.ok) {
    location.assign(reply.data.next);
    return;
  }
  root.inert = false;
  announce("");
  if (reply?.data?.code === "guidelines_moved") mend(desk, reply.data.base);
  const unheard = reply?.status === 401 ? "signedOut" : reply ? "itemRefused" : "itemOffline";
  const { next } = reply?.data ?? {};
  const later = /** @type {HTMLElement | null} */ (root.querySelector("[data-later]"));
  const way = next ? { label: later?.innerText.split("\n")[0] ?? "", act: () => location.assign(next) } : undefined;
  showMessage(reply?.data?.detail ?? words(unheard), "bad", way);
}

/** What was written is compared with somebody else's newer version from now on. @param {Desk} desk @param {number} base */
function mend(desk, base) {
  const field = desk.control("base");
  if (field) field.value = String(base);
  desk.changed();
  openDialog("gap-dialog");
}

/** Whether there is a new text of the guidelines, said in the panel. @param {Desk} desk */
function gap(desk) {
  const said = /** @type {HTMLElement | null} */ (root.querySelector("[data-gap-state]"));
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("guidelines"));
  if (!said || !text) return;
  const show = () => {
    const changed = text.value.trim() !== text.defaultValue.trim();
    said.textContent = (changed ? said.dataset.changed : said.dataset.unchanged) ?? "";
    said.toggleAttribute("data-is-changed", changed);
  };
  desk.events.addEventListener("change", show);
  show();
}

on("edit", (desk) => kindOf(desk) === "guideline_gap" && openDialog("gap-dialog"));
on("skip", () => /** @type {HTMLElement | null} */ (root.querySelector("[data-later]"))?.click());

/** @type {Office} */
const office = { labeler, keep: (draft) => void drafts.write(draft), send: (desk) => void send(desk) };

/** Nothing can be decided any more: what helps to read works all the same. */
function onlyRead() {
  const form = document.createElement("form");
  form.id = "answer";
  form.hidden = true;
  root.append(form);
  const desk = new Desk(root, { labeler, keep: () => {}, send: () => {} }, null);
  desk.objections = [() => ({ text: "" })];
  return desk;
}

const desk = item.slot ? new Desk(root, office, await draftFor(item, drafts)) : onlyRead();
if (item.slot) {
  const ofKind = (/** @type {HTMLElement | undefined} */ focus) => focus?.getAttribute("name") === "kind";
  desk.objections = desk.objections.map((objection) => () => {
    const found = objection();
    return found && (ofKind(found.focus) || wanted(desk)) ? found : null;
  });
  gap(desk);
}
desk.settle();
listen(() => (root.inert ? null : desk));
addEventListener("pagehide", () => desk.save());
