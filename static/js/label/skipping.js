// Passing a task: the reason goes to the server, and the next task comes.

import { ask } from "./ask.js";
import { showMessage } from "./messages.js";
import { announce, words } from "./words.js";

/** @param {import("./session.js").Session} session */
export function skipping(session) {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const dialog = form.closest("dialog");
    if (dialog?.id !== "skip-dialog") return;
    event.preventDefault();
    skip(session, form, dialog);
  });
}

/** @param {import("./session.js").Session} session @param {HTMLFormElement} form @param {HTMLDialogElement} dialog */
async function skip(session, form, dialog) {
  const { desk } = session;
  if (!desk || form.inert) return;
  form.inert = true;
  announce(words("sending"));
  const parts = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
  const body = new URLSearchParams(parts).toString();
  const reply = await ask(form.action, { labeler: session.labeler, body });
  form.inert = false;
  dialog.close();
  announce("");
  if (session.desk !== desk) return;
  const { code = "", detail = "" } = reply?.data ?? {};
  if (reply?.ok || code === "lease_expired" || code === "slot_closed") {
    session.done(desk.slot);
    await session.drafts.forget(desk.slot);
    await session.advance();
    if (!reply?.ok) showMessage(detail, "warn");
  } else if (code && reply?.status !== 401) {
    showMessage(detail);
  } else {
    showMessage(words(!reply ? "skipOffline" : reply.status === 401 ? "signedOut" : "skipRefused"));
  }
}
