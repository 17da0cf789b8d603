// A table of numbers over time as lines: a column is a line, a row a moment.

/**
 * @typedef {{x: number, y: number | null, low: number | null, high: number | null}} Point
 * @typedef {{name: string, points: Point[]}} Line
 */

/** @param {HTMLTableElement} table @returns {Line[]} */
export function read(table) {
  const [, ...names] = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  return names.map((name, column) => ({ name, points: rows.map((row) => pointOf(row, column + 1)) }));
}

/** @param {HTMLTableRowElement} row @param {number} column @returns {Point} */
function pointOf(row, column) {
  const x = new Date(row.cells[0].querySelector("time").dateTime).getTime();
  const { value, lower, upper } = row.cells[column].dataset;
  return { x, y: numberOf(value), low: numberOf(lower), high: numberOf(upper) };
}

/** @param {string | undefined} text */
const numberOf = (text) => (text ? Number(text) : null);
