// What two responses have in common and what not, word by word (jsdiff, fetched when first asked).

import { on } from "./actions.js";
import { openDialog } from "./dialogs.js";
import { cardsOf, currentCard } from "./reading.js";
import { showMessage } from "./messages.js";
import { sourceOf } from "./sources.js";
import { words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{value: string, added?: boolean, removed?: boolean}} Part */

const PATIENCE_MS = 1_500;

/** @type {Promise<void> | null} */
let library = null;

/** @param {string} url */
function load(url) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => {
      library = null;
      script.remove();
      reject(new Error(url));
    });
    document.head.append(script);
  });
  return library;
}

/** Responses that one may read now: not those that are blurred. @param {Desk} desk */
const readable = (desk) => cardsOf(desk).filter((card) => !card.querySelector(".warned:not([open])"));

/** @param {Desk} desk @param {HTMLElement} dialog @param {string} name @param {string} place */
function choices(desk, dialog, name, place) {
  const select = /** @type {HTMLSelectElement} */ (dialog.querySelector(`[name="${name}"]`));
  const places = readable(desk).map((card) => card.dataset.place ?? "");
  select.replaceChildren(
    ...places.map((each) => new Option(words("response", each), each, false, each === place)),
  );
  select.onchange = () => show(desk, dialog);
  return select;
}

/** @param {Desk} desk @param {HTMLElement} dialog */
async function show(desk, dialog) {
  const body = /** @type {HTMLElement} */ (dialog.querySelector("[data-difference]"));
  const [before, after] = ["before", "after"].map((name) => {
    const { value } = /** @type {HTMLSelectElement} */ (dialog.querySelector(`[name="${name}"]`));
    const card = cardsOf(desk).find(({ dataset }) => dataset.place === value);
    return card ? sourceOf(card) : "";
  });
  say(dialog, "");
  body.replaceChildren();
  try {
    await load(dialog.dataset.library ?? "");
  } catch {
    return say(dialog, words("differenceFailed"));
  }
  /** @type {Part[] | undefined} */
  const parts = window.Diff.diffWordsWithSpace(before, after, { timeout: PATIENCE_MS });
  if (!parts) return say(dialog, words("differenceTooLong"));
  body.replaceChildren(...parts.map(element));
  const count = (/** @type {"added" | "removed"} */ how) =>
    parts.filter((part) => part[how]).reduce((sum, { value }) => sum + (value.match(/\S+/g) ?? []).length, 0);
  say(dialog, words("differenceCounts", count("removed"), count("added")));
}

/** @param {Part} part */
function element(part) {
  const made = document.createElement(part.added ? "ins" : part.removed ? "del" : "span");
  made.textContent = part.value;
  return made;
}

/** @param {HTMLElement} dialog @param {string} text */
function say(dialog, text) {
  const line = dialog.querySelector("[data-said]");
  if (line) line.textContent = text;
}

on("compare", (desk) => {
  const dialog = document.getElementById("compare-dialog");
  const cards = readable(desk);
  if (!dialog) return false;
  if (cards.length < 2) return showMessage(words("differenceBlurred"), "warn");
  const at = Math.max(0, cards.indexOf(currentCard(desk)));
  const first = at === cards.length - 1 ? at - 1 : at;
  choices(desk, dialog, "before", cards[first].dataset.place ?? "");
  choices(desk, dialog, "after", cards[first + 1].dataset.place ?? "");
  openDialog("compare-dialog");
  show(desk, dialog);
});
