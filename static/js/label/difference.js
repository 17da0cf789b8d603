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
const UNLIKE = 0.7; // of all words; with more that differ, one reads two texts and no difference
const BETWEEN = /^[^\p{L}\p{N}\n]*$/u; // signs that keep no two changes of a line apart
const CODE = /^ {0,3}(`{3,}|~{3,})[^\n]*\n[^]*?(?:^ {0,3}\1[^\n]*$|(?![^]))|`[^`\n]+`/gm;

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
  const places = ["before", "after"].map(
    (name) => /** @type {HTMLSelectElement} */ (dialog.querySelector(`[name="${name}"]`)).value,
  );
  const [before, after] = places.map((place) => {
    const card = cardsOf(desk).find(({ dataset }) => dataset.place === place);
    return card ? sourceOf(card) : "";
  });
  say(dialog, "");
  body.replaceChildren();
  body.classList.remove("unlike");
  try {
    await load(dialog.dataset.library ?? "");
  } catch {
    return say(dialog, words("differenceFailed"));
  }
  /** @type {Part[] | undefined} */
  const parts = window.Diff.diffWordsWithSpace(before, after, { timeout: PATIENCE_MS });
  const count = (/** @type {"added" | "removed"} */ how) => wordsIn((parts ?? []).filter((part) => part[how]));
  const differ = count("removed") + count("added");
  if (!parts || differ > UNLIKE * wordsIn([{ value: before }, { value: after }])) {
    body.classList.add("unlike");
    body.replaceChildren(column(places[0], before), column(places[1], after));
    return say(dialog, words("differenceTooLong"));
  }
  body.replaceChildren(...elements(merged(parts), before, after));
  say(dialog, words("differenceCounts", count("removed"), count("added")));
}

/** @param {Part[]} parts */
const wordsIn = (parts) => parts.reduce((sum, { value }) => sum + (value.match(/\S+/g) ?? []).length, 0);

/**
 * Changes with no word between them as one: what went, then what came.
 * @param {Part[]} parts @returns {Part[]}
 */
function merged(parts) {
  /** @type {Part[]} */
  const made = [];
  let [went, came] = ["", ""];
  const close = () => {
    if (went) made.push({ value: went, removed: true });
    if (came) made.push({ value: came, added: true });
    [went, came] = ["", ""];
  };
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    const between = (went || came) && BETWEEN.test(part.value) && (next?.added || next?.removed);
    const isChange = part.added || part.removed;
    if (!isChange && !between) close();
    if (!isChange && !between) made.push(part);
    if (part.removed || (!isChange && between)) went += part.value;
    if (part.added || (!isChange && between)) came += part.value;
  }
  close();
  return made;
}

/** @param {Part[]} parts @param {string} before @param {string} after @returns {HTMLElement[]} */
function elements(parts, before, after) {
  const codes = [codeIn(before), codeIn(after)];
  const at = [0, 0];
  return parts.map((part) => {
    const made = document.createElement(part.added ? "ins" : part.removed ? "del" : "span");
    const side = part.removed ? 0 : 1;
    made.append(...pieces(part.value, at[side], codes[side]));
    if (!part.added) at[0] += part.value.length;
    if (!part.removed) at[1] += part.value.length;
    return made;
  });
}

/** @param {string} text @returns {[number, number][]} where its code begins and ends */
const codeIn = (text) => [...text.matchAll(CODE)].map(({ index, 0: { length } }) => [index, index + length]);

/** A stretch of a text with its code set as code. @param {string} value @param {number} at @param {[number, number][]} codes */
function pieces(value, at, codes) {
  const end = at + value.length;
  const made = [];
  let from = at;
  for (const [start, stop] of codes.filter((code) => code[0] < end && code[1] > at)) {
    const [first, last] = [Math.max(start, at), Math.min(stop, end)];
    const code = document.createElement("span");
    code.className = "code";
    code.textContent = value.slice(first - at, last - at);
    made.push(value.slice(from - at, first - at), code);
    from = last;
  }
  return [...made, value.slice(from - at)];
}

/** One of two texts that stand side by side. @param {string} place @param {string} text */
function column(place, text) {
  const made = document.createElement("section");
  const title = document.createElement("h3");
  title.textContent = words("response", place);
  const body = document.createElement("div");
  body.dir = "auto";
  body.append(...pieces(text, 0, codeIn(text)));
  made.append(title, body);
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
