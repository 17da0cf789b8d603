// Other tabs of the same person: which task each has in hand, and what was answered there.

const WAIT_MS = 300; // a page that is being left lets go of its task only now

/**
 * Do something while no other tab does it, where the browser can tell.
 * @template T @param {string} name @param {() => Promise<T>} work @returns {Promise<T>}
 */
export function alone(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

export class Tabs {
  /** @type {(() => void) | null} */
  #letGo = null;

  /** @param {string} labeler @param {(message: {answered?: string, taken?: string}) => void} heard */
  constructor(labeler, heard) {
    this.prefix = `concord:desk:${labeler}:`;
    this.slot = "";
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(this.prefix) : null;
    this.channel?.addEventListener("message", (event) => heard(event.data));
  }

  /** @param {{answered?: string, taken?: string}} message */
  tell(message) {
    this.channel?.postMessage(message);
  }

  /**
   * Take a task in hand, and let go of the one before.
   * @param {string} slot @returns {Promise<boolean>} false if another tab has it in hand
   */
  hold(slot) {
    this.#letGo?.();
    this.#letGo = null;
    this.slot = slot;
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      const held = () => new Promise((letGo) => {
        resolve(true);
        if (this.slot !== slot) return letGo(undefined);
        this.tell({ taken: slot });
        this.#letGo = () => letGo(undefined);
      });
      navigator.locks
        .request(this.prefix + slot, { signal: AbortSignal.timeout(WAIT_MS) }, held)
        .catch(() => {
          if (this.slot === slot) this.slot = "";
          resolve(false);
        });
    });
  }

  /** @returns {Promise<string[]>} tasks in hand in other tabs */
  async others() {
    if (!navigator.locks) return [];
    const { held } = await navigator.locks.query();
    const names = (held ?? []).map((lock) => lock.name ?? "");
    return names
      .filter((name) => name.startsWith(this.prefix))
      .map((name) => name.slice(this.prefix.length))
      .filter((slot) => slot !== this.slot);
  }
}
