// The form of a generator: fields that the chosen provider has no use for are not shown. Without
// this script they are all there, and what does not fit is passed over.

const LOCAL = "transformers";
const SERVERS_ONLY = ["base_url", "key", "api", "batch", "price_input", "price_output", "price_batch"];
const LOCAL_ONLY = ["adapter", "precision"];
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-generator]"));
const provider = /** @type {HTMLSelectElement} */ (form.elements.namedItem("provider"));

function show() {
  const local = provider.value === LOCAL;
  for (const name of SERVERS_ONLY) setting(name).hidden = local;
  for (const name of LOCAL_ONLY) setting(name).hidden = !local;
  for (const group of form.querySelectorAll("details")) {
    const fields = [...group.querySelectorAll("[data-setting]")];
    group.hidden = fields.every((field) => /** @type {HTMLElement} */ (field).hidden);
  }
}

/** @param {string} name */
function setting(name) {
  return /** @type {HTMLElement} */ (form.querySelector(`[data-setting="${name}"]`));
}

provider.addEventListener("change", show);
show();
