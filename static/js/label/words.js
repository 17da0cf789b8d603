// Words of the page, translated by the server into the data attributes of one template element.

/**
 * @param {string} name as in `data-name`, in camel case
 * @param {(string | number)[]} values put in place of each `%s`
 */
export function words(name, ...values) {
  const source = /** @type {HTMLElement | null} */ (document.getElementById("words"));
  return (source?.dataset[name] ?? "").replace(/%s/g, () => String(values.shift() ?? ""));
}

/** @param {string} text read out by screen readers */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}
