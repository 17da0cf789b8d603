// Words of the page, translated by the server into the data attributes of one template element.

/**
 * @param {string} name as in `data-name`, in camel case
 * @param {string | number} [value] put in place of `%s`
 */
export function words(name, value = "") {
  const source = /** @type {HTMLElement | null} */ (document.getElementById("words"));
  return (source?.dataset[name] ?? "").replace("%s", String(value));
}

/** @param {string} text read out by screen readers */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}
