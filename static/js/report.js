// The report dialog of every page: sent in the background, so that the page stays as it is.

import { openDialog } from "./label/dialogs.js";

const dialog = document.getElementById("report-dialog");
const form = document.getElementById("report-form");
const thanks = document.getElementById("report-thanks");
const message = document.getElementById("report-message");

/** Opened by hand or by a key: about the task on the desk, where there is one. */
export function openReport() {
  return openDialog("report-dialog");
}

/** @param {HTMLFormElement} form */
function aboutTheDesk(form) {
  const desk = document.querySelector("#desk[data-slot]");
  const slot = desk instanceof HTMLElement ? (desk.dataset.slot ?? "") : "";
  const places = desk instanceof HTMLElement ? Number(desk.dataset.places) : 0;
  /** @type {HTMLInputElement} */ (form.elements.namedItem("slot")).value = slot;
  const select = /** @type {HTMLSelectElement} */ (form.elements.namedItem("place"));
  const row = select.closest("[data-about-response]");
  if (row instanceof HTMLElement) row.hidden = !slot;
  select.disabled = !slot;
  while (select.options.length > 1) select.remove(1);
  for (let place = 1; place <= places; place += 1) select.add(new Option(String(place)));
}

/** @param {HTMLFormElement} form @returns {Promise<string>} what went wrong, empty if nothing */
async function send(form) {
  let reply;
  try {
    reply = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
  } catch {
    return form.dataset.offline ?? "";
  }
  if (reply.status === 201) return "";
  const told = [400, 429].includes(reply.status) ? await reply.json() : {};
  return told.detail ?? form.dataset.refused ?? "";
}

if (dialog instanceof HTMLDialogElement && form instanceof HTMLFormElement && thanks && message) {
  dialog.addEventListener("concord:open", () => {
    aboutTheDesk(form);
    form.hidden = false;
    thanks.hidden = true;
    message.replaceChildren();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
    button.disabled = true;
    const wrong = await send(form);
    button.disabled = false;
    if (wrong) {
      const note = document.createElement("p");
      note.className = "note bad";
      note.textContent = wrong;
      message.replaceChildren(note);
      return;
    }
    form.reset();
    form.hidden = true;
    thanks.hidden = false;
    thanks.focus();
  });
}
