// A draft of an import: another kind of file has other columns to choose, so the page is loaded anew.

const form = /** @type {HTMLFormElement} */ (document.getElementById("draft"));
const look = /** @type {HTMLButtonElement} */ (form.querySelector("button[name=look]"));
form.elements.namedItem("preset")?.addEventListener("change", () => form.requestSubmit(look));
