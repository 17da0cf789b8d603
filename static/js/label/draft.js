// An answer that is not yet stored on the server, kept in the browser until it says 201.

const PREFIX = "concord:draft:";
const KEPT_MS = 7 * 24 * 3600 * 1000;
const FIELDS = ["ranking", "reason", "rationale", "strength", "unacceptable"];

/**
 * @typedef {{key: string, seconds: number, at: number, values: Record<string, string>,
 *   sent?: {answer: string, seconds: number}}} Draft `sent`: what was last sent, and with which time
 */

export class DraftBox {
  /** @param {string} slot @param {string} labeler two people at one computer do not mix */
  constructor(slot, labeler) {
    this.name = `${PREFIX}${labeler}:${slot}`;
  }

  /** @returns {Draft | null} */
  read() {
    try {
      const draft = JSON.parse(localStorage.getItem(this.name) ?? "null");
      return draft && typeof draft.key === "string" ? draft : null;
    } catch {
      return null;
    }
  }

  /** @param {Draft} draft */
  write(draft) {
    try {
      localStorage.setItem(this.name, JSON.stringify(draft));
    } catch {
      // storage is full or off: the page itself still holds the answer
    }
  }

  clear() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      // nothing was stored
    }
  }
}

/** @param {HTMLFormElement} form @returns {Record<string, string>} */
export function collect(form) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && (FIELDS.includes(name) || name.startsWith("overall_"))) {
      values[name] = value;
    }
  }
  return values;
}

/** @param {HTMLFormElement} form @param {Record<string, string>} values */
export function restore(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList) field.value = value;
    else if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
    else if (field instanceof HTMLInputElement && field.type === "radio") field.checked = field.value === value;
    else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = value;
  }
}

/** Drafts of tasks that nobody came back to. @param {number} now */
export function sweep(now) {
  try {
    for (const name of Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) {
      const at = JSON.parse(localStorage.getItem(name) ?? "{}")?.at ?? 0;
      if (now - at > KEPT_MS) localStorage.removeItem(name);
    }
  } catch {
    // storage is off, or holds something that is not ours to read
  }
}
