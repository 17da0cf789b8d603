// The home page of labelers: answers that still wait in this browser are sent from here, too.

import { Notices } from "./label/notices.js";
import { Outbox } from "./label/outbox.js";
import { Store } from "./label/store.js";
import { Tabs } from "./label/tabs.js";

const region = /** @type {HTMLElement} */ (document.getElementById("notices"));
const { labeler = "" } = region.dataset;
const outbox = new Outbox(await Store.open(), labeler);
const tabs = new Tabs(labeler, () => {});
const notices = new Notices(region, {
  retry: () => outbox.flush({ now: true }),
  // The compare page of its project shows it, with what became of it.
  back: (entry) => location.assign(new URL("..", new URL(entry.again, location.href))),
  drop: (entry) => outbox.remove(entry),
});
let why = "";

async function tell() {
  const entries = await outbox.entries();
  const refused = entries.filter((entry) => entry.refusal);
  const waiting = entries.length - refused.length;
  if (waiting === 0) why = "";
  notices.show({ waiting, why, refused, next: "", sending: waiting > 0 && !why, only: false });
}

outbox.addEventListener("changed", tell);
outbox.addEventListener("held", (event) => {
  why = /** @type {CustomEvent} */ (event).detail.why;
});
outbox.addEventListener("sent", (event) => {
  tabs.tell({ answered: /** @type {CustomEvent} */ (event).detail.entry.slot });
});
await tell();
await outbox.flush();
