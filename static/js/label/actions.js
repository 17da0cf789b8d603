// Actions by name, whatever key or button asks for them: features say what they do.

/** @typedef {import("./desk.js").Desk} Desk */

/**
 * @typedef {(desk: Desk, event?: Event) => boolean | void} Handler
 *   false: not mine just now, ask the next one
 */

/** @type {Map<string, Handler[]>} */
const handlers = new Map();

/**
 * What an action does on every desk. The latest to register is asked first.
 * @param {string} name @param {Handler} handler
 */
export function on(name, handler) {
  handlers.set(name, [handler, ...(handlers.get(name) ?? [])]);
}

/** @type {Map<string, () => void>} */
const deskless = new Map();

/** What an action does where no task is shown. @param {string} name @param {() => void} handler */
export function onEmpty(name, handler) {
  deskless.set(name, handler);
}

/**
 * @param {string} name @param {Desk | null} desk @param {Event} [event]
 * @returns {boolean} whether anything took it
 */
export function dispatch(name, desk, event) {
  if (!desk) {
    deskless.get(name)?.();
    return deskless.has(name);
  }
  return (handlers.get(name) ?? []).some((handler) => handler(desk, event) !== false);
}
