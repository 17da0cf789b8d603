// "No response is acceptable", with its reason, in place of a ranking.

import { on } from "./actions.js";
import { words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */

on("none", (desk) => {
  const box = desk.control("unacceptable");
  if (!box) return false;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  if (box.checked) desk.control("reason")?.focus();
});

/** @param {Desk} desk */
export function unacceptable(desk) {
  const show = () => desk.form.classList.toggle("setaside", desk.unacceptable);
  desk.events.addEventListener("change", show);
  desk.objections.push(() => {
    const reason = desk.control("reason");
    if (!desk.unacceptable || !reason || reason.value.trim()) return null;
    return { text: words("reason"), focus: reason };
  });
  show();
}
