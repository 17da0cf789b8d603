// Time worked: the seconds the page was visible and somebody did something in the last minute.

const IDLE_MS = 60_000;
const TICK_MS = 1_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "touchstart"];

let lastSign = performance.now();
for (const sign of SIGNS) {
  addEventListener(sign, () => (lastSign = performance.now()), { passive: true, capture: true });
}

/** Whether somebody is working here right now. */
export function active() {
  return document.visibilityState === "visible" && performance.now() - lastSign < IDLE_MS;
}

export class Timer {
  /** @param {number} seconds worked before, from a draft */
  constructor(seconds) {
    this.seconds = seconds;
    lastSign = performance.now();
    this.last = lastSign;
    this.ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  #tick() {
    const now = performance.now();
    // A computer that slept wakes with one long tick: that was not work.
    if (active()) this.seconds += Math.min(now - this.last, 2 * TICK_MS) / 1000;
    this.last = now;
  }

  /** @returns {number} seconds so far, to a tenth */
  read() {
    this.#tick();
    return Math.round(this.seconds * 10) / 10;
  }

  stop() {
    clearInterval(this.ticking);
  }
}
