// The compare page: somebody sits down at a desk.

import "./label/guidelines.js";
import { onEmpty } from "./label/actions.js";
import { listen } from "./label/keys.js";
import { Session } from "./label/session.js";
import { skipping } from "./label/skipping.js";
import { Store } from "./label/store.js";

document.documentElement.classList.add("js");

// Coming back with the browser's back button shows the task as it is now, not as it was.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

const region = /** @type {HTMLElement} */ (document.getElementById("notices"));
const session = new Session(region, await Store.open());
listen(() => session.current());
skipping(session);
onEmpty("undo-last", () => void session.undoLast());
document.querySelector("[data-undo-last]")?.addEventListener("click", () => session.undoLast());
await session.start();
