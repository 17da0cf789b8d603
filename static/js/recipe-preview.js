// What a recipe gives, shown beside it while it is typed: the form is sent after each change, and
// the piece of the page that comes back is put in its place. Without this script there is a button.

const PAUSE = 500; // milliseconds after the last change

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-recipe]"));
const place = /** @type {HTMLElement} */ (document.querySelector("[data-gives]"));
const addressOfPreview = form.dataset.recipe ?? "";
/** @type {AbortController | null} */
let asking = null;
let timer = 0;

async function show() {
  asking?.abort();
  const own = new AbortController();
  asking = own;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(addressOfPreview, {
      method: "POST",
      body: new FormData(form),
      signal: own.signal,
    });
    if (answer.ok) place.innerHTML = await answer.text();
  } catch {
    return; // asked anew since, or the server is away for a moment
  } finally {
    if (asking === own) place.removeAttribute("aria-busy");
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
}

form.addEventListener("input", (event) => {
  if (/** @type {HTMLInputElement} */ (event.target).name !== "name") soon();
});
if (!place.querySelector("dl, .refused")) show();
