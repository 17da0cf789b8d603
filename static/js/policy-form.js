// The form of a policy: shows the page that labelers would see, anew after every change.

const SHOWN = ["ordering", "asks", "responses", "span_labels"];

const section = /** @type {HTMLElement | null} */ (document.getElementById("policy-preview"));
const form = section?.closest("form");
const frame = section?.querySelector("iframe");

function show() {
  if (!section || !form || !frame) return;
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (SHOWN.includes(name) && typeof value === "string") asked.append(name, value);
  }
  const address = `${section.dataset.address}?${asked}`;
  // Replaced and not followed: the back button leaves the form, not the tick before.
  if (frame.dataset.shows === address) return;
  frame.dataset.shows = address;
  frame.contentWindow?.location.replace(address);
}

const PAUSE_MS = 300; // between two letters
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
form?.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(show, PAUSE_MS);
});
form?.addEventListener("change", show);
show();
