// The tiers one can see, drag and move with buttons. The ranking itself lives elsewhere: the board
// shows what it is told to and reports what was done.

import { icon } from "./icons.js";
import { rove } from "./roving.js";
import { append, missing, move, tieWithAbove, tierOf, without } from "./ranking.js";
import { words } from "./words.js";

/** @typedef {import("./ranking.js").Tiers} Tiers */

export class Board {
  /**
   * @param {HTMLElement} root
   * @param {number} places
   * @param {(tiers: Tiers) => void} onChange
   */
  constructor(root, places, onChange) {
    this.root = root;
    this.places = places;
    this.onChange = onChange;
    /** @type {Tiers} */
    this.tiers = [];
    /** @type {{destroy(): void}[]} */
    this.sortables = [];
    root.hidden = false;
    root.setAttribute("role", "toolbar");
    root.setAttribute("aria-label", words("yourOrder"));
    root.setAttribute("aria-orientation", "vertical");
    root.addEventListener("click", (event) => this.#click(event));
    // With a mouse one drags a chip by any part of it; a finger on it scrolls the page, and drags by
    // the handle.
    root.addEventListener(
      "pointerdown",
      (event) => root.classList.toggle("by-touch", event.pointerType === "touch"),
      { capture: true },
    );
    this.rover = rove(root, ".chip", "button");
  }

  /** @param {Tiers} tiers */
  show(tiers) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset;
    const again = this.root.contains(document.activeElement) ? { ...focused } : null;
    this.tiers = tiers;
    this.#draw();
    if (again) this.#refocus(again.place ?? "", again.act ?? "");
  }

  #draw() {
    for (const sortable of this.sortables) sortable.destroy();
    const unranked = missing(this.tiers, this.places);
    const parts = this.tiers.flatMap((tier, index) => [this.#gap(index), this.#tier(tier, index)]);
    parts.push(this.#gap(this.tiers.length));
    if (unranked.length > 0) parts.push(...this.#unranked(unranked));
    this.root.replaceChildren(...parts);
    this.sortables = [...this.root.querySelectorAll(".drop")].map((zone) => this.#sortable(zone));
    this.rover();
  }

  /** @param {number[]} tier @param {number} index */
  #tier(tier, index) {
    const row = element("div", "tier");
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", words(tier.length > 1 ? "tied" : "place", index + 1));
    const name = element("div", "tier-name", String(index + 1));
    name.setAttribute("aria-hidden", "true");
    const zone = element("div", "drop");
    zone.dataset.tier = String(index);
    zone.append(...tier.map((place) => this.#chip(place)));
    row.append(name, zone);
    return row;
  }

  /** @param {number} index a new tier would be made before the tier of that index */
  #gap(index) {
    const first = this.tiers.length === 0;
    const zone = element("div", `drop gap-zone${first ? " first-zone" : ""}`);
    zone.dataset.gap = String(index);
    zone.dataset.hint = words(first ? "dropFirst" : "drop");
    return zone;
  }

  /** @param {number[]} places */
  #unranked(places) {
    const zone = element("div", "drop");
    zone.dataset.unranked = "";
    zone.append(...places.map((place) => this.#chip(place)));
    return [element("p", "board-title", words("unranked")), zone];
  }

  /** @param {number} place */
  #chip(place) {
    const chip = element("div", "chip");
    chip.dataset.place = String(place);
    const handle = element("span", "handle");
    handle.append(icon("grip-vertical"));
    const number = element("span", "place", String(place));
    const card = /** @type {HTMLElement | null} */ (document.getElementById(`response-${place}`));
    const snippet = element("span", "snippet", card?.dataset.snippet ?? "");
    snippet.dir = "auto";
    chip.append(handle, number, snippet, this.#moves(place));
    return chip;
  }

  /** @param {number} place */
  #moves(place) {
    const moves = element("span", "moves");
    const at = tierOf(this.tiers, place);
    if (at < 0) {
      moves.append(button(place, "add", "plus-lg"));
      return moves;
    }
    const tied = this.tiers[at].length > 1;
    const up = button(place, "up", "arrow-up", at === 0 && !tied);
    const down = button(place, "down", "arrow-down", at === this.tiers.length - 1 && !tied);
    const tie = tied ? button(place, "untie", "=") : button(place, "tie", "=", at === 0);
    tie.setAttribute("aria-pressed", String(tied));
    moves.append(up, down, tie, button(place, "remove", "x-lg"));
    return moves;
  }

  /** @param {Event} event */
  #click(event) {
    const pressed = /** @type {Element} */ (event.target).closest("button[data-act]");
    if (!(pressed instanceof HTMLElement)) return;
    const place = Number(pressed.dataset.place);
    const changes = {
      add: () => append(this.tiers, place),
      up: () => move(this.tiers, place, -1),
      down: () => move(this.tiers, place, 1),
      tie: () => tieWithAbove(this.tiers, place),
      untie: () => move(this.tiers, place, 1),
      remove: () => without(this.tiers, place),
    };
    const act = /** @type {keyof changes} */ (pressed.dataset.act);
    this.onChange(changes[act]());
  }

  /**
   * Focus stays on the chip that was moved. What was ranked goes on to the next to rank, never to a
   * button that does something else: Enter pressed again would undo it.
   * @param {string} place @param {string} act
   */
  #refocus(place, act) {
    if (act === "add" && tierOf(this.tiers, Number(place)) >= 0) {
      const next = this.root.querySelector('button[data-act="add"]');
      /** @type {HTMLElement | null | undefined} */
      const target = next ?? this.root.closest("form")?.querySelector("button.submit");
      target?.focus();
      return;
    }
    const chip = this.root.querySelector(`.chip[data-place="${CSS.escape(place)}"]`);
    const same = chip?.querySelector(`button[data-act="${CSS.escape(act)}"]:not(:disabled)`);
    const any = chip?.querySelector("button:not(:disabled)");
    /** @type {HTMLElement | null | undefined} */ (same ?? any)?.focus();
  }

  /** @param {Element} zone */
  #sortable(zone) {
    return new window.Sortable(zone, {
      group: "ranking",
      handle: ".handle, .board:not(.by-touch) .chip",
      filter: "button",
      preventOnFilter: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      forceFallback: true,
      fallbackTolerance: 3,
      emptyInsertThreshold: 12,
      onStart: () => this.root.classList.add("dragging"),
      onEnd: () => {
        this.root.classList.remove("dragging");
        this.onChange(this.#read());
      },
    });
  }

  /** The ranking as the chips lie now. @returns {Tiers} */
  #read() {
    const zones = [...this.root.querySelectorAll(".drop:not([data-unranked])")];
    return zones
      .map((zone) => [...zone.querySelectorAll(":scope > .chip")])
      .map((chips) => chips.map((chip) => Number(/** @type {HTMLElement} */ (chip).dataset.place)))
      .filter((tier) => tier.length > 0);
  }
}

/** @param {string} tag @param {string} className @param {string} [text] */
function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** @param {number} place @param {string} act @param {string} sign @param {boolean} [disabled] */
function button(place, act, sign, disabled = false) {
  const made = /** @type {HTMLButtonElement} */ (document.createElement("button"));
  made.type = "button";
  made.disabled = disabled;
  made.dataset.place = String(place);
  made.dataset.act = act;
  made.title = words(act, place);
  made.setAttribute("aria-label", words(act, place));
  made.append(sign === "=" ? "=" : icon(sign));
  return made;
}
