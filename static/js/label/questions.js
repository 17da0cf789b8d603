// Questions with choices: one is the current one, digits answer it, and it goes on to the next.

import { on } from "./actions.js";
import { choose, chosenOf, inputsOf, orderQuestion } from "./choices.js";
import { missing, parse } from "./ranking.js";
import { announce, words } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @type {WeakMap<Desk, Questions>} */
const all = new WeakMap();

/** @param {Desk} desk */
export function questions(desk) {
  all.set(desk, new Questions(desk));
}

for (let digit = 0; digit <= 9; digit += 1) {
  on(`rank-${digit}`, (desk) => all.get(desk)?.digit(String(digit)) ?? false);
}
on("next-question", (desk) => all.get(desk)?.step(1) ?? false);
on("previous-question", (desk) => all.get(desk)?.step(-1) ?? false);
on("back", (desk) => all.get(desk)?.back() ?? false);
on("clear", (desk) => all.get(desk)?.clear() ?? false);

class Questions {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.flow = inOrder(desk.root);
    /** @type {HTMLElement | null} */
    this.current = null;
    /** @type {WeakMap<HTMLElement, HTMLInputElement>} what was taken back, to bring it back */
    this.before = new WeakMap();
    this.byKey = false;
    /** @type {HTMLInputElement | null} chosen already when the pointer came down on it */
    this.held = null;
    this.complete = this.#ranked();
    this.aside = this.desk.unacceptable;
    this.#listen();
    this.#show();
    if (this.flow.length > 1 || !this.#isRank(this.flow[0])) this.#make(this.#usable()[0]);
    desk.objections.push(() => this.#objection());
  }

  #listen() {
    const { root, events } = this.desk;
    events.addEventListener("change", () => {
      this.#show();
      this.#stayUsable();
      const complete = this.#ranked();
      if (complete && !this.complete && this.byKey && this.#isRank(this.current)) this.#advance();
      this.complete = complete;
    });
    root.addEventListener("focusin", (event) => {
      const question = questionOf(event.target);
      if (question && this.flow.includes(question)) this.#make(question);
    });
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("pointerdown", (event) => {
      this.held = chosenAt(event.target);
    });
    root.addEventListener("keydown", (event) => {
      const at = event.key === " " ? chosenAt(event.target) : null;
      if (!at) return;
      event.preventDefault();
      choose(at, false);
    });
  }

  /** A click on what is chosen already takes it back. @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-to-answer]")) this.#toAnswer();
    const rest = target.closest("[data-rest-no]");
    if (rest) this.#restNo(/** @type {Element} */ (rest.closest(".group")));
    if (!(target instanceof HTMLInputElement) || target.type !== "radio") return;
    if (target === this.held) choose(target, false);
    this.held = null;
  }

  /** On a small screen, down to where the answer is given. */
  #toAnswer() {
    const { form, root } = this.desk;
    form.scrollIntoView();
    focusOn(form.querySelector("[data-question].current") ?? /** @type {HTMLElement} */ (root.querySelector("[data-order]")));
  }

  /** @param {Element} group every unanswered question of yes and no gets a no */
  #restNo(group) {
    for (const question of group.querySelectorAll(".question.yes_no")) {
      const no = inputsOf(question).find((input) => input.value === "no");
      if (no && !chosenOf(question)) choose(no);
    }
    announce(words("restNo"));
  }

  // --- which question is the current one ---

  /** Questions that can be answered now. */
  #usable() {
    return this.flow.filter(
      (each) => !each.closest(".moot, .setaside [data-needs-order], .setaside [data-order]") && !isHidden(each),
    );
  }

  /**
   * "No response is acceptable" takes the order out of the questions, and unticked brings it back;
   * a tie takes out how much better the better one is.
   */
  #stayUsable() {
    const { unacceptable } = this.desk;
    if (unacceptable !== this.aside && this.current) this.#make(this.#usable()[0]);
    else if (this.current?.closest(".moot")) this.#make(this.flow.find((each) => each.closest("[data-order]")));
    this.aside = unacceptable;
  }

  /** @param {HTMLElement | null | undefined} question */
  #make(question) {
    if (!question || question === this.current) return;
    this.current?.classList.remove("current");
    this.current = question;
    question.classList.add("current");
    const group = question.closest("details");
    if (group && !group.open) group.open = true;
  }

  /** @param {HTMLElement | null | undefined} question */
  #isRank(question) {
    return question?.dataset.question === "rank";
  }

  #ranked() {
    const field = this.desk.control("ranking");
    if (!field) return false;
    const { tiers, problem } = parse(field.value, this.desk.places, this.desk.root.dataset.separators ?? " ");
    return problem === null && missing(tiers, this.desk.places).length === 0;
  }

  /** @param {HTMLElement} question */
  #answered(question) {
    return this.#isRank(question) ? this.#ranked() : chosenOf(question) !== null;
  }

  /** On to the next question with choices that is still unanswered; the last one stays. */
  #advance() {
    const usable = this.#usable();
    const rest = usable.slice(usable.indexOf(/** @type {HTMLElement} */ (this.current)) + 1);
    const next = rest.find((each) => hasChoices(each) && !this.#answered(each));
    if (next) this.#go(next);
  }

  /** @param {HTMLElement} question */
  #go(question) {
    const from = this.current;
    const withFocus = from?.contains(document.activeElement) ?? false;
    this.#make(question);
    fold(from, question);
    if (withFocus) focusOn(question);
    bringIntoView(question);
    announce(nameOf(question));
  }

  // --- what keys do ---

  /** Words were written last: a digit is for the first question that it can answer. */
  #offWords() {
    if (!this.current || this.#isRank(this.current) || hasChoices(this.current)) return;
    const asked = this.#usable().filter((each) => this.#isRank(each) || hasChoices(each));
    this.#make(asked.find((each) => !this.#answered(each)) ?? asked[0]);
  }

  /** @param {string} digit @returns {boolean} */
  digit(digit) {
    this.#offWords();
    if (this.#isRank(this.current) || (!this.current && this.flow.length > 0)) {
      this.byKey = true;
      queueMicrotask(() => (this.byKey = false));
      return digit === "0";
    }
    if (!this.current) return false;
    const input = inputsOf(this.current).find((each) => each.dataset.key === digit);
    const group = this.current.closest(".group");
    if (input) choose(input);
    else if (digit === "0" && this.current.matches(".yes_no") && group) this.#restNo(group);
    else return hasChoices(this.current);
    this.#advance();
    return true;
  }

  /** @param {1 | -1} by @returns {boolean} */
  step(by) {
    const usable = this.#usable();
    const at = this.current ? usable.indexOf(this.current) : -1;
    const next = usable[at + by];
    if (!next) return false;
    this.#go(next);
    focusOn(next);
    return true;
  }

  /** The last step back: this question's answer, or the one before it and its answer. */
  back() {
    if (!this.current || this.#isRank(this.current)) return false;
    if (chosenOf(this.current)) return this.clear();
    const usable = this.#usable();
    const before = usable[usable.indexOf(this.current) - 1];
    if (!before) return true;
    this.#go(before);
    return this.#isRank(before) ? false : this.clear();
  }

  /** Take the current question's answer back; once more brings it back. */
  clear() {
    const { current } = this;
    if (!current || this.#isRank(current)) return false;
    const chosen = chosenOf(current);
    const before = this.before.get(current);
    if (chosen) {
      this.before.set(current, chosen);
      choose(chosen, false);
    } else if (before) {
      choose(before);
    }
    return true;
  }

  // --- what is seen ---

  #show() {
    const { form } = this.desk;
    const better = hasBetter(this.desk);
    for (const box of form.querySelectorAll("[data-needs-better]")) {
      box.classList.toggle("moot", !better);
      for (const input of inputsOf(box)) input.disabled = !better;
    }
    for (const question of this.flow) question.classList.toggle("answered", this.#answered(question));
    for (const count of this.desk.root.querySelectorAll(".group-count")) {
      const group = /** @type {Element} */ (count.closest(".group"));
      const asked = group.querySelectorAll(".question");
      const done = [...asked].filter((each) => chosenOf(each)).length;
      count.textContent = words("answered", done, asked.length);
      const rest = /** @type {HTMLElement | null} */ (group.querySelector("[data-rest-no]"));
      if (rest) rest.hidden = ![...group.querySelectorAll(".yes_no")].some((each) => !chosenOf(each));
    }
  }

  #objection() {
    const open = this.flow.find((each) => each.dataset.required !== undefined && !chosenOf(each));
    if (!open) return null;
    this.#make(open);
    return { text: words("unanswered", nameOf(open)), focus: inputsOf(open)[0] };
  }
}

/**
 * The order they are asked in: safety and preference, then response by response, then words.
 * @param {HTMLElement} root @returns {HTMLElement[]}
 */
function inOrder(root) {
  const find = (/** @type {string} */ where) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(where)]);
  return [
    ...find(".panel [data-question]:not(.text)"),
    ...find(".response [data-question]"),
    ...find(".panel [data-question].text"),
  ];
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const questionOf = (target) => /** @type {Element} */ (target).closest("[data-question]");

/** What is not shown at all is not asked; in a group that is folded it is. @param {HTMLElement} question */
const isHidden = (question) => !question.closest("details:not([open])") && !question.checkVisibility();

/** @param {Element} question */
const hasChoices = (question) => inputsOf(question).length > 0;

/** @param {EventTarget | null} target @returns {HTMLInputElement | null} the chosen input one is at */
function chosenAt(target) {
  const input = /** @type {Element} */ (target).closest("label.option")?.querySelector("input");
  return input?.checked ? input : null;
}

/** @param {Desk} desk whether the answer puts one response above another, or may yet do so */
function hasBetter(desk) {
  const order = orderQuestion(desk);
  const field = desk.control("ranking");
  if (order) return !["tie", "both_bad", "0", "-100"].includes(chosenOf(order)?.value ?? "");
  const { tiers } = parse(field?.value ?? "", desk.places, desk.root.dataset.separators ?? " ");
  return tiers.length !== 1 || missing(tiers, desk.places).length > 0;
}

/** @param {HTMLElement} question its name, with the response it is about */
function nameOf(question) {
  const named = question.querySelector("legend, .group-title, label");
  return (named?.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** @param {HTMLElement} question */
function focusOn(question) {
  const folded = question.matches("details") ? question : question.querySelector("details");
  if (folded instanceof HTMLDetailsElement) folded.open = true;
  const text = question.querySelector("textarea, input:not([type=radio], [type=hidden])");
  /** @type {HTMLElement | null | undefined} */
  const target = text && !hasChoices(question) ? text : chosenOf(question) ?? inputsOf(question)[0];
  target?.focus({ preventScroll: true });
}

/** A group that is all answered closes behind who goes on. @param {HTMLElement | null} from @param {HTMLElement} to */
function fold(from, to) {
  const group = from?.closest("details.group");
  if (!(group instanceof HTMLDetailsElement) || group.contains(to)) return;
  group.open = [...group.querySelectorAll(".question")].some((each) => !chosenOf(each));
}

/** @param {HTMLElement} question */
function bringIntoView(question) {
  question.scrollIntoView({ block: "nearest" });
}
