// The message region of the answer form.

import { icon } from "./icons.js";

/**
 * @param {string} text @param {"bad" | "warn"} kind
 * @param {{label: string, act: () => void}} [way] what one can do about it, as a button
 */
export function showMessage(text, kind = "bad", way = undefined) {
  const region = document.getElementById("message");
  if (!region) return;
  const note = document.createElement("div");
  note.className = `note ${kind}`;
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  note.append(icon("exclamation-triangle"), paragraph);
  if (way) note.append(wayOut(way));
  region.replaceChildren(note);
  note.scrollIntoView({ block: "nearest" });
}

export function clearMessage() {
  document.getElementById("message")?.replaceChildren();
}

/** @param {{label: string, act: () => void}} way */
function wayOut({ label, act }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-quiet";
  button.textContent = label;
  button.addEventListener("click", () => {
    act();
    document.getElementById("main")?.focus({ preventScroll: true });
  });
  return button;
}
