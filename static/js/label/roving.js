// One stop for Tab in a list of rows of buttons; arrow keys go about in it.

/**
 * @param {HTMLElement} root @param {string} row @param {string} item selectors
 * @returns {() => void} to be called once the rows were drawn anew
 */
export function rove(root, row, item) {
  /** @type {HTMLElement | null} the one that Tab comes to */
  let stop = null;
  const items = (/** @type {ParentNode} */ within) =>
    /** @type {HTMLElement[]} */ ([...within.querySelectorAll(`${item}:not(:disabled)`)]);

  /** @param {HTMLElement | null} next */
  const make = (next) => {
    stop = next;
    for (const each of items(root)) each.tabIndex = each === stop ? 0 : -1;
  };
  root.addEventListener("focusin", (event) => {
    const at = /** @type {Element} */ (event.target).closest(item);
    if (at instanceof HTMLElement) make(at);
  });
  root.addEventListener("keydown", (event) => {
    const at = /** @type {Element} */ (event.target).closest(item);
    const next = at instanceof HTMLElement ? goal(event, at) : null;
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  /** @param {KeyboardEvent} event @param {HTMLElement} at @returns {HTMLElement | null | undefined} */
  function goal(event, at) {
    if (event.ctrlKey || event.altKey || event.metaKey) return null;
    const rows = [...root.querySelectorAll(row)];
    const mine = /** @type {Element} */ (at.closest(row));
    const beside = items(mine);
    const column = beside.indexOf(at);
    const onward = getComputedStyle(root).direction === "rtl" ? -1 : 1;
    const { key } = event;
    if (key === "ArrowRight") return beside[column + onward];
    if (key === "ArrowLeft") return beside[column - onward];
    const to = { ArrowUp: rows.indexOf(mine) - 1, ArrowDown: rows.indexOf(mine) + 1, Home: 0, End: rows.length - 1 }[key];
    const there = to === undefined ? undefined : rows[to];
    if (!there) return null;
    const same = /** @type {HTMLElement | null} */ (
      at.dataset.act ? there.querySelector(`${item}[data-act="${at.dataset.act}"]:not(:disabled)`) : null
    );
    return same ?? items(there)[0];
  }

  return () => make(stop && root.contains(stop) ? stop : (items(root)[0] ?? null));
}
