// The page on which keys are chosen: waits for one key, and puts its name into the box.

import { keyName } from "./label/key-names.js";
import { singleKeysSwitch } from "./label/single-keys.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector(".key-form"));
const live = /** @type {HTMLElement} */ (document.getElementById("key-live"));
const named = (form.dataset.named ?? "").split(" ");

/** @type {HTMLElement | null} the button that waits for a key */
let waiting = null;

/** @param {string} text @param {string} [value] */
const say = (text, value = "") => (live.textContent = text.replace("%s", value));

/** @param {HTMLElement} button @param {boolean} on */
function show(button, on) {
  button.closest(".key-row")?.classList.toggle("listening", on);
  button.setAttribute("aria-pressed", String(on));
}

/** @param {HTMLElement} button */
function wait(button) {
  waiting = button;
  show(button, true);
  say(form.dataset.listening ?? "");
}

/** @param {boolean} [quiet] */
function stop(quiet = false) {
  if (!waiting) return;
  show(waiting, false);
  waiting = null;
  if (!quiet) say(form.dataset.stopped ?? "");
}

/** @param {string | undefined} id @param {string} value */
function fill(id, value) {
  const box = document.getElementById(id ?? "");
  if (box instanceof HTMLInputElement) box.value = value;
}

form.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-press], [data-default]");
  if (!(button instanceof HTMLElement)) return;
  const again = button === waiting;
  stop(true);
  if (button.dataset.press && !again) wait(button);
  if (button.dataset.for) fill(button.dataset.for, button.dataset.default ?? "");
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!waiting || event.isComposing) return;
    if (event.key === "Tab") return stop();
    if (["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const name = keyName(event);
    if (!name || (name.length > 1 && !named.includes(name))) return say(form.dataset.unusable ?? "");
    fill(waiting.dataset.press, name);
    stop(true);
    say(form.dataset.taken ?? "", name);
  },
  { capture: true },
);

// Enter or Space that started the waiting must not end it by a click when it is let go.
document.addEventListener(
  "keyup",
  (event) => {
    if (waiting && event.key === " ") event.preventDefault();
  },
  { capture: true },
);
form.addEventListener("focusout", (event) => {
  if (event.target === waiting) stop(true);
});

for (const button of form.querySelectorAll("button[hidden]")) button.removeAttribute("hidden");
singleKeysSwitch();
