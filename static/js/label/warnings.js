// Texts with a warning stay blurred, and out of reach of a screen reader, until one shows them.

import { on } from "./actions.js";

/** @param {{root: ParentNode}} desk @returns {HTMLDetailsElement[]} */
const veilsOf = (desk) =>
  [...desk.root.querySelectorAll("details.warned")].map((veil) => /** @type {HTMLDetailsElement} */ (veil));

/** @param {HTMLDetailsElement} veil */
function close(veil) {
  const text = veil.querySelector(".veiled");
  if (text instanceof HTMLElement) text.inert = !veil.open;
}

/** @param {{root: ParentNode}} desk a desk, or any page that shows texts */
export function warnings(desk) {
  for (const veil of veilsOf(desk)) {
    close(veil);
    veil.addEventListener("toggle", () => close(veil));
  }
}

on("show-hidden", (desk) => {
  const veils = veilsOf(desk);
  if (veils.length === 0) return false;
  const open = veils.some((veil) => !veil.open);
  for (const veil of veils) veil.open = open;
});
