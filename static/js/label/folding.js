// Long texts are folded when one asks for it, and each unfolded on its own. Nothing folds by itself.

import { on } from "./actions.js";
import { press } from "./reading.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @param {Desk} desk @returns {HTMLElement[]} */
const boxesOf = (desk) =>
  [...desk.root.querySelectorAll(".turn > .prose, .response .prose")].map(
    (box) => /** @type {HTMLElement} */ (box),
  );

/** @param {HTMLElement} box */
function fold(box) {
  box.classList.add("folded");
  if (box.scrollHeight <= box.clientHeight) return box.classList.remove("folded");
  const more = document.createElement("button");
  more.type = "button";
  more.className = "unfold";
  more.textContent = words("unfold");
  more.addEventListener("click", () => {
    unfold(box);
    box.tabIndex = -1;
    box.focus({ preventScroll: true });
  });
  box.after(more);
}

/** @param {HTMLElement} box */
function unfold(box) {
  box.classList.remove("folded");
  if (box.nextElementSibling?.matches(".unfold")) box.nextElementSibling.remove();
}

on("fold", (desk) => {
  const boxes = boxesOf(desk);
  const isOn = boxes.every((box) => !box.classList.contains("folded"));
  for (const box of boxes) isOn ? fold(box) : unfold(box);
  const any = boxes.some((box) => box.classList.contains("folded"));
  press(desk, "fold", any);
  announce(words(!isOn || any ? (isOn ? "toolOn" : "toolOff") : "nothingLong", words("fold")));
});
