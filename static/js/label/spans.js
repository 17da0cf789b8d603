// Marked text: a stretch of a response with a label and a note, kept as offsets in its source.

import { on } from "./actions.js";
import { icon } from "./icons.js";
import { align, rangeOf, sourceOf, stretchOf, stretchOfSource, toCharacters, toUnits } from "./sources.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */
/**
 * @typedef {{response: string, start: number, end: number, label: string, note: string,
 *   quote?: string}} Mark `quote`: its words, to be read where the response is not at hand
 */

const QUOTE = 300; // characters

/** @type {WeakMap<Desk, Marks>} */
const all = new WeakMap();

/** @param {Desk} desk */
export function spans(desk) {
  if (desk.root.querySelector('[data-question="spans"]')) all.set(desk, new Marks(desk));
}

on("mark", (desk) => all.get(desk)?.offer(true) ?? false);
on("clear", (desk) => all.get(desk)?.withdraw() ?? false);
for (let digit = 1; digit <= 9; digit += 1) {
  on(`rank-${digit}`, (desk) => all.get(desk)?.digit(digit) ?? false);
}

class Marks {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    const find = (/** @type {string} */ where) => /** @type {any} */ (desk.root.querySelector(where));
    /** @type {HTMLInputElement} */
    this.field = find("#spans");
    /** @type {HTMLElement} */
    this.list = find("#marks");
    /** @type {HTMLElement} */
    this.tool = find("#mark-tool");
    /** @type {HTMLElement} */
    this.form = find("#mark-words");
    /** @type {Map<string, import("./sources.js").Piece[]>} */
    this.pieces = new Map();
    /** @type {Omit<Mark, "label" | "note"> | null} what is selected */
    this.selected = null;
    this.#listen();
    this.#write(this.marks);
    this.#draw();
  }

  #listen() {
    this.tool.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the selection
    this.tool.addEventListener("click", (event) => {
      const pressed = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-label]"));
      if (pressed) this.#mark(pressed.dataset.label ?? "");
    });
    this.list.addEventListener("input", (event) => this.#note(/** @type {HTMLInputElement} */ (event.target)));
    this.list.addEventListener("click", (event) => {
      const pressed = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-remove]"));
      if (pressed) this.#remove(Number(pressed.dataset.remove));
    });
    this.form.querySelector("button")?.addEventListener("click", () => this.#markWords());
    const changed = () => this.offer(false);
    document.addEventListener("selectionchange", changed);
    this.desk.onLeave(() => {
      document.removeEventListener("selectionchange", changed);
      CSS.highlights?.delete("mark");
    });
  }

  /** @returns {Mark[]} */
  get marks() {
    try {
      return JSON.parse(this.field.value || "[]");
    } catch {
      return [];
    }
  }

  /** @param {string} place */
  #card(place) {
    return /** @type {HTMLElement} */ (this.desk.root.querySelector(`.response[data-place="${CSS.escape(place)}"]`));
  }

  /** @param {string} place */
  #pieces(place) {
    const card = this.#card(place);
    const prose = /** @type {HTMLElement} */ (card.querySelector(".prose"));
    const known = this.pieces.get(place);
    if (known?.[0]?.node.isConnected) return known;
    const pieces = align(prose, sourceOf(card), card.dataset.origins ?? "");
    this.pieces.set(place, pieces);
    return pieces;
  }

  /** @returns {Omit<Mark, "label" | "note"> | "unsure" | null} in characters of the source */
  #selection() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
    const range = selection.getRangeAt(0);
    const common = range.commonAncestorContainer;
    const element = common instanceof Element ? common : common.parentElement;
    const card = /** @type {HTMLElement | null | undefined} */ (element?.closest(".prose, .source")?.closest(".response"));
    if (!card || !this.desk.root.contains(card)) return null;
    const response = card.dataset.place ?? "";
    const stretch = element?.closest(".source") ? stretchOfSource(range) : this.#stretch(card, range);
    if (!stretch || stretch === "unsure") return stretch;
    const source = sourceOf(card);
    const [start, end] = [toCharacters(source, stretch.start), toCharacters(source, stretch.end)];
    return { response, start, end };
  }

  /** @param {HTMLElement} card @param {Range} range */
  #stretch(card, range) {
    const prose = /** @type {HTMLElement} */ (card.querySelector(".prose"));
    return stretchOf(prose, this.#pieces(card.dataset.place ?? ""), range);
  }

  /**
   * Show the labels beside what is selected.
   * @param {boolean} byKey the first label gets the focus, and digits choose one
   * @returns {boolean}
   */
  offer(byKey) {
    if (this.tool.contains(document.activeElement)) return true;
    const found = this.#selection();
    this.selected = found === "unsure" ? null : found;
    this.tool.hidden = !found;
    // What cannot be found in the source for sure is not guessed at.
    this.tool.classList.toggle("unsure", found === "unsure");
    if (!found) return false;
    const box = getSelection()?.getRangeAt(0).getBoundingClientRect();
    const right = document.documentElement.clientWidth - this.tool.offsetWidth - 8;
    this.tool.style.left = `${Math.max(8, Math.min(box?.left ?? 0, right))}px`;
    this.tool.style.top = `${Math.min((box?.bottom ?? 0) + 8, innerHeight - this.tool.offsetHeight - 8)}px`;
    if (byKey && this.selected) this.tool.querySelector("button")?.focus();
    if (byKey && !this.selected) announce(words("markInSource"));
    return true;
  }

  /** @param {number} digit @returns {boolean} only after the key of marking: else it ranks */
  digit(digit) {
    if (this.tool.hidden || !this.tool.contains(document.activeElement)) return false;
    const label = /** @type {HTMLElement | undefined} */ (this.tool.querySelectorAll("[data-label]")[digit - 1]);
    if (label) this.#mark(label.dataset.label ?? "");
    return true;
  }

  /** @returns {boolean} whether there was something to withdraw */
  withdraw() {
    if (this.tool.hidden) return false;
    getSelection()?.removeAllRanges();
    this.#close();
    return true;
  }

  #close() {
    const inside = this.tool.contains(document.activeElement);
    this.tool.hidden = true;
    this.selected = null;
    if (inside) document.getElementById("main")?.focus({ preventScroll: true });
  }

  /** @param {string} label */
  #mark(label) {
    if (!this.selected || !label) return;
    this.#set([...this.marks, { ...this.selected, label, note: "" }]);
    announce(words("marked", label));
    this.#close();
    getSelection()?.removeAllRanges();
  }

  /** Marking without a pointer: the words themselves are written down. */
  #markWords() {
    const value = (/** @type {string} */ name) =>
      /** @type {HTMLInputElement} */ (this.form.querySelector(`[data-mark="${name}"]`)).value;
    const [place, text, label] = [value("place"), value("words"), value("label")];
    const source = sourceOf(this.#card(place));
    const at = text ? source.indexOf(text) : -1;
    const said = /** @type {HTMLElement} */ (this.form.querySelector("[role=status]"));
    said.textContent = at < 0 ? words("notFound", place) : words("marked", label);
    if (at < 0) return;
    const [start, end] = [toCharacters(source, at), toCharacters(source, at + text.length)];
    this.#set([...this.marks, { response: place, start, end, label, note: "" }]);
  }

  /** @param {HTMLInputElement} input */
  #note(input) {
    const marks = this.marks;
    marks[Number(input.dataset.note)].note = input.value;
    this.#write(marks);
  }

  /** @param {number} index */
  #remove(index) {
    this.#set(this.marks.filter((_, at) => at !== index));
    announce(words("unmarked"));
    const next = this.list.querySelector("[data-remove]") ?? this.form.closest("details")?.querySelector("summary");
    /** @type {HTMLElement | null | undefined} */ (next)?.focus();
  }

  /** @param {Mark[]} marks */
  #set(marks) {
    this.#write(marks);
    this.desk.changed();
    this.#draw();
  }

  /** @param {Mark[]} marks */
  #write(marks) {
    const quoted = marks.map((mark) => ({ ...mark, quote: shortened(this.#quote(mark)) }));
    this.field.value = quoted.length > 0 ? JSON.stringify(quoted) : "";
  }

  /** @param {Mark} mark @returns {string[]} its characters */
  #quote({ response, start, end }) {
    return [...sourceOf(this.#card(response))].slice(start, end);
  }

  #draw() {
    this.list.replaceChildren(...this.marks.map((mark, index) => this.#row(mark, index)));
    if (!CSS.highlights) return;
    const ranges = this.marks.map((mark) => this.#range(mark)).filter((range) => range !== null);
    CSS.highlights.set("mark", new Highlight(...ranges));
  }

  /** @param {Mark} mark */
  #range({ response, start, end }) {
    const source = sourceOf(this.#card(response));
    return rangeOf(this.#pieces(response), toUnits(source, start), toUnits(source, end));
  }

  /** @param {Mark} mark @param {number} index */
  #row(mark, index) {
    const row = document.createElement("li");
    const quote = this.#quote(mark).join("");
    row.append(part("span", "place", mark.response), part("strong", "mark-label", mark.label), quoted(quote));
    const note = /** @type {HTMLInputElement} */ (part("input", "form-control", ""));
    note.value = mark.note;
    note.maxLength = 2000;
    note.dataset.note = String(index);
    note.placeholder = words("note");
    note.setAttribute("aria-label", words("noteOn", quote));
    const remove = /** @type {HTMLButtonElement} */ (part("button", "tool", ""));
    remove.type = "button";
    remove.dataset.remove = String(index);
    remove.setAttribute("aria-label", words("unmark", quote));
    remove.append(icon("x-lg"));
    row.append(note, remove);
    return row;
  }
}

/** @param {string} tag @param {string} className @param {string} text */
function part(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** @param {string[]} signs */
function shortened(signs) {
  return signs.slice(0, QUOTE).join("") + (signs.length > QUOTE ? "…" : "");
}

/** @param {string} text */
function quoted(text) {
  const made = part("q", "mark-quote", text);
  made.dir = "auto";
  return made;
}
