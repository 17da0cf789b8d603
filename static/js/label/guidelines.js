// The guidelines in their dialog: fetched when it opens, and again when that failed.

/** @param {Event} event @returns {Element} what asked, in htmx's account of the request */
const asker = (event) => /** @type {CustomEvent} */ (event).detail.elt;

/** @param {Element} place @param {"waiting" | "failed"} state */
function show(place, state) {
  for (const name of ["waiting", "failed"]) {
    const part = /** @type {HTMLElement | null} */ (place.querySelector(`[data-${name}]`));
    if (part) part.hidden = name !== state;
  }
}

document.addEventListener("click", (event) => {
  const retry = /** @type {Element} */ (event.target).closest("[data-retry]");
  retry?.closest("[hx-get]")?.dispatchEvent(new CustomEvent("concord:retry"));
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (asker(event).id === "guidelines-wait") show(asker(event), "waiting");
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = /** @type {CustomEvent} */ (event).detail;
  const { elt } = requestConfig; // the event's own element is the target
  if (elt.id !== "guidelines-wait" || xhr.status < 400) return;
  /** @type {CustomEvent} */ (event).detail.shouldSwap = false;
  show(elt, "failed");
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    if (asker(event).id === "guidelines-wait") show(asker(event), "failed");
  });
}
