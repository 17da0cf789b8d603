// The form of a run: what it would ask and cost follows what is chosen. Without this script a
// button shows it. The button that starts the run comes with the estimate.

const WAIT = 350; // milliseconds after the last change
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-run-form]"));
const panel = /** @type {HTMLElement} */ (document.querySelector("[data-panel]"));
let timer = 0;
let asked = 0;
let sent = false;

async function estimate() {
  if (!form) return;
  const number = ++asked;
  try {
    const answer = await fetch(form.dataset.estimate ?? "", {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "text/html" },
    });
    const text = answer.ok ? await answer.text() : "";
    if (number === asked && text) panel.innerHTML = text;
  } catch {
    // The server is away for a moment: the next change asks again.
  }
  if (number === asked) panel.removeAttribute("aria-busy");
}

form?.addEventListener("input", () => {
  panel.setAttribute("aria-busy", "true");
  for (const button of panel.querySelectorAll("button")) button.disabled = true; // of other choices
  clearTimeout(timer);
  timer = setTimeout(estimate, WAIT);
});
form?.addEventListener("submit", (event) => {
  if (sent) event.preventDefault(); // pressed twice
  sent = true;
});
addEventListener("pageshow", () => (sent = false));
if (form?.querySelector("[name=generators]:checked") && !panel.querySelector("dl")) estimate();
