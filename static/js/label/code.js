// Copying: a button on every piece of code, and an action for a whole response as it was written.

import { on } from "./actions.js";
import { icon } from "./icons.js";
import { cardOf, currentCard } from "./reading.js";
import { sourceOf } from "./sources.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */

const SAID_MS = 2_000;

/** @param {Desk} desk */
export function code(desk) {
  for (const box of desk.root.querySelectorAll(".code-box")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-code";
    button.title = words("copyCode");
    button.setAttribute("aria-label", words("copyCode"));
    button.append(icon("copy"));
    button.addEventListener("click", () => copy(box.querySelector("code")?.textContent ?? "", button));
    box.append(button);
  }
}

/** @param {string} text @param {Element} [button] */
async function copy(text, button) {
  const done = await write(text);
  announce(words(done ? "copied" : "notCopied"));
  if (!done || !button) return;
  button.replaceChildren(icon("check-lg"));
  setTimeout(() => button.replaceChildren(icon("copy")), SAID_MS);
}

/** @param {string} text @returns {Promise<boolean>} whether the browser let us */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or a page over http
  }
}

on("copy", (desk, event) => {
  const card = cardOf(event, desk) ?? currentCard(desk);
  if (!card) return false;
  copy(sourceOf(card), card.querySelector('[data-does="copy"]') ?? undefined);
});
