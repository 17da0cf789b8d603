// Icons from the sprite the page itself uses.

const SPRITE = /** @type {SVGUseElement | null} */ (document.querySelector("svg.icon use"))
  ?.getAttribute("href")
  ?.split("#")[0];

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}
