// Dialogs: opened by whatever carries data-opens, closed by data-closes, Escape or the backdrop.

/** @param {string} id @returns {boolean} whether there is such a dialog */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.closest("[inert]")) return false;
  if (dialog.open) return true;
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("concord:open", { bubbles: true }));
  return true;
}

export function anyDialogOpen() {
  return document.querySelector("dialog[open]") !== null;
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("[data-opens]");
  if (opener instanceof HTMLElement) {
    event.preventDefault();
    openDialog(opener.dataset.opens ?? "");
  } else if (target.closest("[data-closes]") || target instanceof HTMLDialogElement) {
    target.closest("dialog")?.close();
  }
});
