// Pictures of numbers over time. Each is drawn from the table behind it, which holds every number.

import { draw } from "./charts/lines.js";
import { read } from "./charts/table.js";

/** @param {Element} figure */
function show(figure) {
  const canvas = /** @type {HTMLCanvasElement} */ (figure.querySelector("canvas"));
  const series = read(/** @type {HTMLTableElement} */ (figure.querySelector("table")));
  let chart = draw(canvas, series, /** @type {HTMLElement} */ (figure).dataset.unit);
  // Colours are read when the picture is drawn: another theme draws it again.
  new MutationObserver(() => {
    chart.destroy();
    chart = draw(canvas, series, /** @type {HTMLElement} */ (figure).dataset.unit);
  }).observe(document.documentElement, { attributeFilter: ["data-bs-theme", "class"] });
}

for (const figure of document.querySelectorAll("[data-chart]")) show(figure);
