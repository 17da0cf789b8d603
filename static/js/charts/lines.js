// Lines with the bands of their intervals, in the colours of the page.

/** @typedef {import("./table.js").Line} Line */

const COLOURS = 8;
const AN_HOUR = 3600 * 1000; // milliseconds
const A_DAY = 24 * AN_HOUR; // of no more than that the axis says the time of day
const MOST_TICKS = 6;
const HOURS = [1, 2, 3, 4, 6, 12];
const DAYS = [1, 2, 4, 7, 14, 28, 91, 182, 365];
const SHAPES = ["circle", "rect", "triangle", "rectRot", "star", "crossRot", "cross", "dash"];
const language = document.documentElement.lang;
const DAY = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const HOUR = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const MOMENT = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const UNITS = {
  rating: new Intl.NumberFormat(language, { maximumFractionDigits: 0, useGrouping: false }),
  share: new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }),
  count: new Intl.NumberFormat(language, { maximumFractionDigits: 0 }),
  alpha: new Intl.NumberFormat(language, { maximumFractionDigits: 2, minimumFractionDigits: 2 }),
};

/** @param {string} name a colour of the page */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--c-${name}`).trim();

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Line[]} lines
 * @param {string} unit one of UNITS
 */
export function draw(canvas, lines, unit) {
  const words = UNITS[unit] ?? UNITS.alpha;
  const { Chart } = /** @type {any} */ (globalThis);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  return new Chart(canvas, {
    type: "line",
    data: { datasets: lines.flatMap(datasetsOf) },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "x", intersect: false },
      locale: language,
      scales: { x: timeScale(lines), y: numberScale(words) },
      plugins: { legend: legend(), tooltip: tooltip(words) },
    },
  });
}

/** The line itself, then the lower and upper end of its band. @param {Line} line @param {number} index */
function datasetsOf(line, index) {
  const own = colour(`series-${(index % COLOURS) + 1}`);
  const bare = { pointRadius: 0, pointHitRadius: 0, borderWidth: 0, spanGaps: false, band: true };
  return [
    {
      label: line.name,
      data: line.points.map(({ x, y }) => ({ x, y })),
      borderColor: own,
      backgroundColor: own,
      borderWidth: 2,
      pointStyle: SHAPES[index % COLOURS],
      pointRadius: line.points.length > 40 ? 0 : 4,
      spanGaps: false,
      clip: 8,
    },
    { ...bare, label: line.name, data: line.points.map(({ x, low }) => ({ x, y: low })), fill: false },
    {
      ...bare,
      label: line.name,
      data: line.points.map(({ x, high }) => ({ x, y: high })),
      backgroundColor: `${own}18`,
      fill: "-1",
    },
  ];
}

/** @param {Line[]} lines */
function timeScale(lines) {
  const moments = lines.flatMap(({ points }) => points.map(({ x }) => x));
  const hours = Math.max(...moments) - Math.min(...moments) <= A_DAY;
  return {
    type: "linear",
    min: Math.min(...moments),
    max: Math.max(...moments),
    grid: { color: colour("line") },
    border: { color: colour("edge") },
    afterBuildTicks(/** @type {any} */ axis) {
      axis.ticks = wholeTimes(axis.min, axis.max).map((value) => ({ value }));
    },
    ticks: {
      color: colour("muted"),
      maxRotation: 0,
      autoSkipPadding: 16,
      callback: (/** @type {number} */ x) => (hours ? HOUR : DAY).format(x),
    },
  };
}

/**
 * Whole hours or days of the reader's clock, a few of them; a lone moment is its own.
 * @param {number} from @param {number} to
 */
function wholeTimes(from, to) {
  const [unit, numbers] = to - from <= A_DAY ? [AN_HOUR, HOURS] : [A_DAY, DAYS];
  const number = numbers.find((each) => (to - from) / (unit * each) <= MOST_TICKS);
  const step = unit * (number ?? numbers.at(-1) ?? 1);
  const midnight = new Date(from).setHours(0, 0, 0, 0);
  const times = [];
  for (let at = midnight + Math.ceil((from - midnight) / step) * step; at <= to; at += step) times.push(at);
  return times.length ? times : [from];
}

/** @param {Intl.NumberFormat} words */
function numberScale(words) {
  return {
    grid: { color: colour("line") },
    border: { display: false },
    beginAtZero: words === UNITS.count,
    ticks: {
      color: colour("muted"),
      precision: words === UNITS.count ? 0 : undefined,
      callback: (/** @type {number} */ y) => words.format(y),
    },
  };
}

function legend() {
  return {
    position: "bottom",
    labels: {
      color: colour("text"),
      usePointStyle: true,
      boxHeight: 7,
      padding: 16,
      filter: (/** @type {any} */ item, /** @type {any} */ data) => !data.datasets[item.datasetIndex].band,
    },
    // A line and its band come and go together.
    onClick(/** @type {any} */ _event, /** @type {any} */ item, /** @type {any} */ { chart }) {
      const shown = !chart.isDatasetVisible(item.datasetIndex);
      for (const step of [0, 1, 2]) chart.setDatasetVisibility(item.datasetIndex + step, shown);
      chart.update();
    },
  };
}

/** @param {Intl.NumberFormat} words */
function tooltip(words) {
  return {
    backgroundColor: colour("surface"),
    titleColor: colour("text"),
    bodyColor: colour("text"),
    borderColor: colour("edge"),
    borderWidth: 1,
    padding: 10,
    usePointStyle: true,
    filter: (/** @type {any} */ item) => !item.dataset.band,
    itemSort: (/** @type {any} */ one, /** @type {any} */ other) => other.parsed.y - one.parsed.y,
    callbacks: {
      title: (/** @type {any[]} */ items) => (items.length ? MOMENT.format(items[0].parsed.x) : ""),
      label: (/** @type {any} */ item) => ` ${item.dataset.label}: ${words.format(item.parsed.y)}`,
    },
  };
}
