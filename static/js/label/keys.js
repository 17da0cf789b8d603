// Keys that work anywhere on the page, unless one writes in a text box or a dialog is open.

import { anyDialogOpen, openDialog } from "./dialogs.js";

const STORED = "concord:single-keys";
const DIALOGS = { s: "skip-dialog", g: "guidelines-dialog", "?": "help-dialog" };

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

/**
 * @param {{type: (sign: string) => void, back: () => void, clear: () => void,
 *   submit: () => void, none: () => void, started: () => boolean}} desk
 */
export function listen(desk) {
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
      desk.submit();
    } else if (event.key === "Escape" && writesText(event.target)) {
      leaveText(event, desk);
    } else if (!event.ctrlKey && !event.metaKey && !writesText(event.target)) {
      handle(event, desk);
    }
  });
}

/**
 * Escape leaves a text box; an empty reason takes its tick back, too.
 * @param {KeyboardEvent} event @param {Parameters<typeof listen>[0]} desk
 */
function leaveText(event, desk) {
  const box = /** @type {HTMLInputElement} */ (event.target);
  if (box.id === "reason" && !box.value.trim()) desk.none();
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

/** @param {KeyboardEvent} event @param {Parameters<typeof listen>[0]} desk */
function handle(event, desk) {
  const target = /** @type {HTMLElement} */ (event.target);
  const inField = target.id === "ranking";
  if (!inField && !singleKeys()) return;
  const key = event.key;
  if (/^[1-9=]$/.test(key)) {
    if (inField) return;
    desk.type(key);
  } else if (key in DIALOGS) {
    openDialog(DIALOGS[/** @type {keyof DIALOGS} */ (key)]);
  } else if (key === "n") {
    desk.none();
  } else if (key === "Escape") {
    desk.clear();
  } else if (key === "Backspace" && !inField) {
    desk.back();
  } else if (key === " " && (target === document.body || target.id === "main") && desk.started()) {
    // a separator between numbers, not a page further down
  } else if (key === "Enter" && !target.closest("a, button, summary")) {
    desk.submit();
  } else {
    return;
  }
  event.preventDefault();
}
