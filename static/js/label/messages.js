// The message region of the answer form.

import { icon } from "./icons.js";

/** @param {string} text @param {"bad" | "warn"} kind */
export function showMessage(text, kind = "bad") {
  const region = document.getElementById("message");
  if (!region) return;
  const note = document.createElement("div");
  note.className = `note ${kind}`;
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  note.append(icon("exclamation-triangle"), paragraph);
  region.replaceChildren(note);
  note.scrollIntoView({ block: "nearest" });
}

export function clearMessage() {
  document.getElementById("message")?.replaceChildren();
}
