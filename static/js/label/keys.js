// Keys that work anywhere on the page, unless one writes in a text box or a dialog is open.

import { dispatch } from "./actions.js";
import { anyDialogOpen, openDialog } from "./dialogs.js";

/** @typedef {import("./desk.js").Desk} Desk */

const STORED = "concord:single-keys";
const DIALOGS = { s: "skip-dialog", g: "guidelines-dialog", "?": "help-dialog" };
/** @type {Record<string, string>} */
const ACTIONS = { n: "none", u: "undo-last", Escape: "clear", "=": "tie" };
for (let digit = 1; digit <= 9; digit += 1) ACTIONS[digit] = `rank-${digit}`;

function singleKeys() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

/** @param {EventTarget | null} target */
function writesText(target) {
  if (!(target instanceof HTMLElement) || target.id === "ranking") return false;
  const types = ["checkbox", "radio", "button", "submit"];
  if (target instanceof HTMLInputElement) return !types.includes(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}

/** @param {() => Desk | null} current the desk that keys are for */
export function listen(current) {
  const box = document.getElementById("single-keys");
  if (box instanceof HTMLInputElement) {
    box.checked = singleKeys();
    box.addEventListener("change", () => {
      try {
        localStorage.setItem(STORED, box.checked ? "on" : "off");
      } catch {
        // holds for this page only
      }
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return;
    if (anyDialogOpen()) return pickReason(event);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      dispatch("submit", current(), event);
    } else if (event.key === "Escape" && writesText(event.target)) {
      leaveText(event, current());
    } else if (!event.ctrlKey && !event.metaKey && !writesText(event.target)) {
      handle(event, current());
    }
  });
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

/** Numbers pick a reason in the skip dialog, and the first arrow the first. @param {KeyboardEvent} event */
function pickReason(event) {
  const dialog = /** @type {Element} */ (event.target).closest("#skip-dialog");
  if (!dialog || event.ctrlKey || event.metaKey || writesText(event.target)) return;
  const reasons = /** @type {HTMLInputElement[]} */ ([...dialog.querySelectorAll("[name=reason]")]);
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
  if (!inField && !singleKeys()) return;
  const key = event.key;
  if (key in DIALOGS) {
    openDialog(DIALOGS[/** @type {keyof DIALOGS} */ (key)]);
  } else if (!does(actionOf(event, inField), desk, event)) {
    return;
  }
  event.preventDefault();
}

/** @param {string} name @param {Desk | null} desk @param {Event} event */
function does(name, desk, event) {
  return name !== "" && dispatch(name, desk, event);
}

/** @param {KeyboardEvent} event @param {boolean} inField where digits and = write themselves */
function actionOf(event, inField) {
  const target = /** @type {HTMLElement} */ (event.target);
  const { key } = event;
  if (key === "Enter") return target.closest("a, button, summary") ? "" : "submit";
  if (key === "Backspace") return inField ? "" : "back";
  if (key === " ") return target === document.body || target.id === "main" ? "space" : "";
  if (inField && /^[1-9=]$/.test(key)) return "";
  return ACTIONS[key] ?? "";
}
