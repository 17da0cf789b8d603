// A quiet word after a while of work; nothing is stopped, nothing is counted against anybody.

const KEY = "concord:worked";
const IDLE = 120_000; // without a sign of life for so long, nobody is working
const REST = 300_000; // so long away was a break
const BEAT = 10_000;

/** @typedef {{worked: number, seen: number}} Worked milliseconds of work, and the last sign of it */

/** @returns {Worked} */
function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "");
    if (Number.isFinite(stored?.worked) && Number.isFinite(stored?.seen)) return stored;
  } catch {
    // nothing stored, or nowhere to store it
  }
  return { worked: 0, seen: 0 };
}

/** @param {Worked} state */
function write(state) {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // counted on this page only
  }
}

/**
 * The state after a sign of life.
 * @param {Worked} state @param {number} now @returns {Worked}
 */
export function worked(state, now) {
  const away = now - state.seen;
  if (away < 0 || away >= REST) return { worked: 0, seen: now };
  return { worked: state.worked + (away < IDLE ? away : 0), seen: now };
}

const note = document.getElementById("break-note");
if (note) {
  const limit = Number(note.dataset.minutes) * 60_000;
  let last = 0;

  function alive() {
    const now = Date.now();
    if (now - last < BEAT) return;
    last = now;
    const state = worked(read(), now);
    write(state);
    if (note && state.worked >= limit) note.hidden = false;
  }

  for (const sign of ["keydown", "pointerdown", "wheel", "touchmove"]) {
    addEventListener(sign, alive, { passive: true });
  }
  note.querySelector("button")?.addEventListener("click", () => {
    note.hidden = true;
    write({ worked: 0, seen: Date.now() });
  });
}
