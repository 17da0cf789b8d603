// The compare page: puts a Desk over every task that arrives, and sends its forms.

import { Desk } from "./label/desk.js";
import { sweep } from "./label/draft.js";
import { listen } from "./label/keys.js";
import { csrfToken } from "./label/lease.js";
import { clearMessage, showMessage } from "./label/messages.js";
import { announce, words } from "./label/words.js";

/** @type {Desk | null} */
let desk = null;

function sit() {
  desk?.leave();
  const root = document.getElementById("desk");
  desk = root?.dataset.slot ? new Desk(root) : null;
}

/** @param {Event} event @returns {any} htmx's account of the request */
const detail = (event) => /** @type {CustomEvent} */ (event).detail;

/**
 * A request that failed without an answer of ours: said where it was made, in its own words.
 * @param {Element} elt @param {"offline" | "refused"} how
 */
function failed(elt, how) {
  announce("");
  if (elt.id === "guidelines-wait") return showGuidelines(elt, "failed");
  const skip = elt.closest("dialog");
  skip?.close();
  if (skip) showMessage(words(how === "offline" ? "skipOffline" : "skipRefused"));
  else showMessage(words(how));
}

/** @param {Element} place @param {"waiting" | "failed"} state */
function showGuidelines(place, state) {
  for (const name of ["waiting", "failed"]) {
    const part = /** @type {HTMLElement | null} */ (place.querySelector(`[data-${name}]`));
    if (part) part.hidden = name !== state;
  }
}

document.addEventListener("click", (event) => {
  const retry = /** @type {Element} */ (event.target).closest("[data-retry]");
  retry?.closest("[hx-get]")?.dispatchEvent(new CustomEvent("concord:retry"));
});

/** @param {Element} element */
const isAnswer = (element) => element.id === "answer";

document.body.addEventListener("htmx:confirm", (event) => {
  if (isAnswer(detail(event).elt) && desk && !desk.ready()) event.preventDefault();
});

document.body.addEventListener("htmx:configRequest", (event) => {
  const { parameters, headers } = detail(event);
  delete parameters.csrfmiddlewaretoken;
  headers["X-CSRFToken"] = csrfToken();
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (isAnswer(detail(event).elt)) {
    clearMessage();
    announce(words("sending"));
  }
  if (detail(event).elt.id === "guidelines-wait") showGuidelines(detail(event).elt, "waiting");
});

// 2xx and refusals that end the task replace the desk; a server in trouble replaces nothing.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = detail(event);
  const { elt } = requestConfig; // the event's own element is the target
  const ours = xhr.getResponseHeader("HX-Retarget") !== null || xhr.status < 400;
  const ended = xhr.status === 409 || xhr.status === 410;
  if (!ours && !ended) {
    detail(event).shouldSwap = false;
    failed(elt, "refused");
    return;
  }
  if (xhr.status === 201 && desk) desk.box.clear();
  if (xhr.status >= 400) announce("");
  if (!elt.closest("dialog") || xhr.status < 400) return;
  /** @type {HTMLDialogElement} */ (elt.closest("dialog")).close();
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => failed(detail(event).elt, "offline"));
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (detail(event).target.id !== "desk") return;
  sit();
  announce(desk ? words("next") : (document.querySelector("#desk h1")?.textContent ?? ""));
  /** @type {HTMLElement | null} */
  const onward = document.querySelector("#desk [data-first-focus]");
  (onward ?? document.getElementById("main"))?.focus({ preventScroll: !onward });
});

listen(() => desk);

// Coming back with the browser's back button shows the task as it is now, not as it was.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
addEventListener("pagehide", () => desk?.save());

document.documentElement.classList.add("js");
sweep(Date.now());
sit();
