// What machine judges said of the answer given last: a way to it, once the answer is stored.

/** @param {unknown} address null or missing where there is nothing to be shown */
export function offerOpinions(address) {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-opinions]"));
  if (!link) return;
  link.hidden = typeof address !== "string" || !address.startsWith("/");
  if (!link.hidden) link.href = String(address);
}
