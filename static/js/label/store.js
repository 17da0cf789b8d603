// What the browser keeps for the labeler: IndexedDB, or this page's memory where there is none.

const NAME = "concord";
const VERSION = 1;
const KEYS = { drafts: ["labeler", "slot"], outbox: ["labeler", "key"] };
const OPEN_MS = 1500;

/** @typedef {keyof typeof KEYS} Shelf */
/** @typedef {Record<string, any> & {labeler: string}} Row */

/** @param {Shelf} shelf @param {Row} row */
const keyOf = (shelf, row) => KEYS[shelf].map((name) => String(row[name]));

export class Store {
  /** What could not be written lives here, as long as the page does. @type {Map<string, Row>} */
  #memory = new Map();

  /** @param {IDBDatabase | null} database */
  constructor(database) {
    this.database = database;
    database?.addEventListener("versionchange", () => database.close());
  }

  /** Whether all that was kept outlives the page. */
  get durable() {
    return this.database !== null && this.#memory.size === 0;
  }

  /** A store that works, whatever the browser allows. @returns {Promise<Store>} */
  static async open() {
    const late = new Promise((resolve) => setTimeout(() => resolve(null), OPEN_MS));
    return new Store(await Promise.race([openDatabase(), late]));
  }

  /** @param {Shelf} shelf @param {string[]} key @returns {Promise<any>} the row, or null */
  async get(shelf, key) {
    const held = this.#memory.get(JSON.stringify([shelf, key]));
    if (held) return held;
    return (await this.#run([shelf], "readonly", (tx) => tx.objectStore(shelf).get(key))) ?? null;
  }

  /** Rows of this labeler alone. @param {Shelf} shelf @param {string} labeler @returns {Promise<any[]>} */
  async all(shelf, labeler) {
    const range = IDBKeyRange.bound([labeler], [labeler, []]);
    const stored = await this.#run([shelf], "readonly", (tx) => tx.objectStore(shelf).getAll(range));
    const rows = new Map((stored ?? []).map((row) => [JSON.stringify([shelf, keyOf(shelf, row)]), row]));
    for (const [name, row] of this.#memory) {
      if (JSON.parse(name)[0] === shelf && row.labeler === labeler) rows.set(name, row);
    }
    return [...rows.values()];
  }

  /**
   * Put one row and delete others, all or nothing.
   * @param {Shelf} shelf @param {Row | null} row @param {[Shelf, string[]][]} [gone]
   */
  async write(shelf, row, gone = []) {
    const name = row && JSON.stringify([shelf, keyOf(shelf, row)]);
    for (const each of gone) this.#memory.delete(JSON.stringify(each));
    const done = await this.#run(["drafts", "outbox"], "readwrite", (tx) => {
      for (const [from, key] of gone) tx.objectStore(from).delete(key);
      return row ? tx.objectStore(shelf).put(row) : null;
    });
    if (!row || !name) return;
    if (done === undefined) this.#memory.set(name, row);
    else this.#memory.delete(name);
  }

  /**
   * @param {Shelf[]} shelves @param {IDBTransactionMode} mode
   * @param {(tx: IDBTransaction) => IDBRequest | null} work
   * @returns {Promise<any>} the result once it is on disk; undefined if it could not be done
   */
  #run(shelves, mode, work) {
    return new Promise((resolve) => {
      try {
        if (!this.database) return resolve(undefined);
        const tx = this.database.transaction(shelves, mode, { durability: "strict" });
        const request = work(tx);
        tx.oncomplete = () => resolve(request ? request.result : null);
        tx.onabort = () => resolve(undefined);
      } catch {
        resolve(undefined); // closed, full or forbidden: memory takes over
      }
    });
  }
}

/** @returns {Promise<IDBDatabase | null>} null where storage is off */
function openDatabase() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        for (const [shelf, keyPath] of Object.entries(KEYS)) {
          request.result.createObjectStore(shelf, { keyPath });
        }
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}
