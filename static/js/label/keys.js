// Keys that work anywhere on the page, unless one writes in a text box or a dialog is open.

import { dispatch } from "./actions.js";
import { anyDialogOpen, openDialog } from "./dialogs.js";
import { actionsFor } from "./keymap.js";
import { singleKeys, singleKeysSwitch } from "./single-keys.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @type {Record<string, string>} */
const DIALOGS = {
  skip: "skip-dialog",
  guidelines: "guidelines-dialog",
  help: "help-dialog",
  report: "report-dialog",
};

/** @param {EventTarget | null} target */
function writesText(target) {
  if (!(target instanceof HTMLElement) || target.id === "ranking") return false;
  const types = ["checkbox", "radio", "button", "submit"];
  if (target instanceof HTMLInputElement) return !types.includes(target.type);
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}

/** @param {() => Desk | null} current the desk that keys are for */
export function listen(current) {
  singleKeysSwitch();
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if (anyDialogOpen()) return pickReason(event);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) dispatch("submit", current(), event);
    } else if (undoes(event) && !writesText(event.target)) {
      if (dispatch("undo", current(), event)) event.preventDefault();
    } else if (event.key === "Escape" && writesText(event.target)) {
      leaveText(event, current());
    } else if (!writesText(event.target)) {
      handle(event, current());
    }
  });
}

/** @param {KeyboardEvent} event */
function undoes(event) {
  const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
  return key.toLowerCase() === "z" && (ctrlKey || metaKey) && !shiftKey && !altKey;
}

/**
 * Escape leaves a text box; an empty reason takes its tick back, too.
 * @param {KeyboardEvent} event @param {Desk | null} desk
 */
function leaveText(event, desk) {
  const box = /** @type {HTMLInputElement} */ (event.target);
  if (box.id === "reason" && !box.value.trim()) dispatch("none", desk, event);
  document.getElementById("main")?.focus({ preventScroll: true });
  event.preventDefault();
}

/** Numbers pick a reason in a dialog that asks for one, and the first arrow the first. @param {KeyboardEvent} event */
function pickReason(event) {
  const dialog = /** @type {Element} */ (event.target).closest("#skip-dialog, #report-dialog");
  if (!dialog || event.ctrlKey || event.metaKey || writesText(event.target)) return;
  const reasons = /** @type {HTMLInputElement[]} */ ([...dialog.querySelectorAll("[name=reason], [name=category]")]);
  const none = !reasons.some((reason) => reason.checked);
  const first = none && /^Arrow(Down|Right)$/.test(event.key) ? reasons[0] : undefined;
  const picked = first ?? (/^[1-9]$/.test(event.key) ? reasons[Number(event.key) - 1] : undefined);
  if (!picked) return;
  picked.checked = true;
  picked.focus();
  event.preventDefault();
}

/** @param {KeyboardEvent} event @param {Desk | null} desk */
function handle(event, desk) {
  const target = /** @type {HTMLElement} */ (event.target);
  const inField = target.id === "ranking";
  if ((!inField && !singleKeys()) || native(event, target, inField)) return;
  for (const name of event.key === " " ? ["space"] : actionsFor(event)) {
    // A key held down submits once and clears once; only steps back repeat.
    if (event.repeat && name !== "back") return event.preventDefault();
    if (perform(name, desk, event)) return event.preventDefault();
  }
}

/**
 * Whether the key does something where the focus is: what one writes into the ranking, the press of
 * a button or a link, the page turned by Space.
 * @param {KeyboardEvent} event @param {HTMLElement} target @param {boolean} inField
 */
function native(event, target, inField) {
  const { key } = event;
  if (inField) return /^(\d|=| |Backspace|Delete)$/.test(key);
  if (key === " ") return target !== document.body && target.id !== "main";
  return key === "Enter" && target.closest("a, button, summary") !== null;
}

/** @param {string} name @param {Desk | null} desk @param {Event} event */
function perform(name, desk, event) {
  return dispatch(name, desk, event) || (name in DIALOGS && openDialog(DIALOGS[name]));
}
