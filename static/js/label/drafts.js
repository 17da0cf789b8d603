// An answer that is not sent yet, kept in the browser, for the labeler who began it alone.

const KEPT_MS = 7 * 24 * 3600 * 1000;
const NOT_ANSWERS = ["csrfmiddlewaretoken", "submit_key", "seconds"];

/** @typedef {[string, string][]} Values */
/**
 * @typedef {{labeler: string, slot: string, key: string, seconds: number, at: number,
 *   values: Values}} Draft
 */

export class Drafts {
  #writing = false;
  /** @type {Draft | null} */
  #next = null;

  /** @param {import("./store.js").Store} store @param {string} labeler */
  constructor(store, labeler) {
    this.store = store;
    this.labeler = labeler;
  }

  /** @param {string} slot @returns {Promise<Draft | null>} */
  read(slot) {
    return this.store.get("drafts", [this.labeler, slot]);
  }

  /** One write at a time; of what comes meanwhile, the last. @param {Draft} draft */
  async write(draft) {
    this.#next = draft;
    if (this.#writing) return;
    this.#writing = true;
    while (this.#next) {
      const row = this.#next;
      this.#next = null;
      await this.store.write("drafts", row);
    }
    this.#writing = false;
  }

  /** Its answer goes to the outbox: what is still to be written of the draft is not. @param {string} slot */
  cancel(slot) {
    if (this.#next?.slot === slot) this.#next = null;
  }

  /** @param {string} slot */
  async forget(slot) {
    this.cancel(slot);
    await this.store.write("drafts", null, [["drafts", [this.labeler, slot]]]);
  }

  /** Drafts of tasks that nobody came back to. @param {number} now */
  async sweep(now) {
    for (const draft of await this.store.all("drafts", this.labeler)) {
      if (now - draft.at > KEPT_MS) await this.forget(draft.slot);
    }
  }
}

/** The answer as it stands in the form. @param {HTMLFormElement} form @returns {Values} */
export function collect(form) {
  return [...new FormData(form)].flatMap(([name, value]) =>
    typeof value === "string" && !NOT_ANSWERS.includes(name) ? [[name, value]] : [],
  );
}

/** Every field as it was, and what was not chosen unchosen. @param {HTMLFormElement} form @param {Values} values */
export function restore(form, values) {
  for (const field of form.elements) {
    const { name, type } = /** @type {HTMLInputElement} */ (field);
    if (!name || NOT_ANSWERS.includes(name) || type === "submit" || type === "button") continue;
    const kept = values.filter(([of]) => of === name).map(([, value]) => value);
    if (field instanceof HTMLInputElement && (type === "radio" || type === "checkbox")) {
      field.checked = kept.includes(field.value);
    } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
      field.value = kept[0] ?? "";
    } else if (field instanceof HTMLSelectElement) {
      for (const option of field.options) option.selected = kept.includes(option.value);
    }
  }
}

/** The body that is posted, the very same each time. @param {Values} values @param {string} key @param {number} seconds */
export function bodyOf(values, key, seconds) {
  const parts = [["submit_key", key], ["seconds", String(seconds)], ...values];
  return new URLSearchParams(parts).toString();
}

/**
 * An answer on its way, as a draft again.
 * @param {{labeler: string, slot: string, key: string, body: string}} entry @returns {Draft}
 */
export function draftOf({ labeler, slot, key, body }) {
  const all = new URLSearchParams(body);
  const values = [...all].filter(([name]) => !NOT_ANSWERS.includes(name));
  return { labeler, slot, key, seconds: Number(all.get("seconds")), at: Date.now(), values };
}
