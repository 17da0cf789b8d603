// Buttons that copy the lines beside them; without this script, or where the browser forbids it,
// there are none and lines are marked by hand.

for (const element of document.querySelectorAll("[data-copy]")) {
  const button = /** @type {HTMLButtonElement} */ (element);
  const lines = button.parentElement?.querySelector("pre");
  if (!lines || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(lines.textContent ?? "");
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
}
