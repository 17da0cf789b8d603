// Responses side by side in panes of equal height that scroll together, each by its own length.

import { on } from "./actions.js";
import { cardsOf, lasting, proseOf } from "./reading.js";

/** @typedef {import("./desk.js").Desk} Desk */

const MOST_PANES = 4;

/** @type {WeakMap<Desk, () => void>} */
const toggles = new WeakMap();

/** @param {Desk} desk */
export function sync(desk) {
  const boxes = cardsOf(desk).map(proseOf);
  if (boxes.length > MOST_PANES) return;
  /** @type {Map<Element, number>} where our own scrolling put a box, so that it is no one's wish */
  const put = new Map();
  let together = false;
  for (const box of boxes) {
    box.addEventListener("scroll", () => together && follow(box, boxes, put), { passive: true });
  }
  toggles.set(
    desk,
    lasting(desk, "sync", (isOn) => {
      together = isOn;
      desk.root.querySelector(".responses")?.classList.toggle("panes", isOn);
      for (const box of boxes) isOn ? box.setAttribute("tabindex", "0") : box.removeAttribute("tabindex");
    }),
  );
}

/** @param {HTMLElement} leader @param {HTMLElement[]} boxes @param {Map<Element, number>} put */
function follow(leader, boxes, put) {
  const expected = put.get(leader);
  put.delete(leader);
  if (expected !== undefined && Math.abs(leader.scrollTop - expected) <= 1) return;
  const part = leader.scrollTop / Math.max(1, leader.scrollHeight - leader.clientHeight);
  for (const box of boxes) {
    if (box === leader) continue;
    const before = box.scrollTop;
    box.scrollTop = part * (box.scrollHeight - box.clientHeight);
    if (box.scrollTop !== before) put.set(box, box.scrollTop);
  }
}

on("sync", (desk) => toggles.get(desk)?.() ?? false);
