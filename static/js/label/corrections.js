// The way back: to the answer given last, and to one that was not taken.

import { on } from "./actions.js";
import { draftOf } from "./drafts.js";
import { uuid } from "./ids.js";
import { showMessage } from "./messages.js";
import { fetchDesk } from "./prefetch.js";
import { alone } from "./tabs.js";
import { words } from "./words.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Last} Last */
/** @typedef {import("./outbox.js").Entry} Entry */

/** The task given up for now comes next, as it stands. @param {Session} session */
function putAside({ desk, item, queue }) {
  if (!desk || !item || item.correcting) return;
  desk.save();
  queue.put({ ...item, draft: desk.touched ? desk.draft() : null });
}

/**
 * Correct the answer given last. One that has not been tried to send is simply taken back.
 * @param {Session} session
 */
export async function undoLast(session) {
  const last = session.last ?? remembered(session);
  if (!last) return showMessage(words("nothingToCorrect"), "warn");
  if ((last.until ?? Infinity) < Date.now()) return showMessage(words("cannotCorrect"), "warn");
  // First the desk, then the answer: it is nowhere else until it is a draft again.
  const known = { item: last.item, reply: undefined };
  const { item, reply } = last.item ? known : await fetchDesk(last.again, session.drafts);
  if (!item?.slot) return showMessage(words(reply === null ? "unreachable" : "cannotCorrect"), "warn");
  const takenBack = await takeBack(session, last.slot);
  const draft = takenBack ?? (last.draft ? { ...last.draft, key: uuid() } : item.draft);
  putAside(session);
  session.sit({ ...item, draft, correcting: !takenBack });
}

/** @param {Session} session @returns {Last | null} before a reload */
export function remembered(session) {
  try {
    const { slot, again } = JSON.parse(sessionStorage.getItem(session.lastName) ?? "null") ?? {};
    return slot ? { slot, again, item: null, draft: null } : null;
  } catch {
    return null;
  }
}

/** @param {Session} session @param {string} slot @returns {Promise<import("./drafts.js").Draft | null>} */
function takeBack({ outbox, labeler }, slot) {
  return alone(`concord:outbox:${labeler}`, async () => {
    const entry = (await outbox.waiting()).find((each) => each.slot === slot && !each.tried);
    return entry ? outbox.takeBack(entry) : null;
  });
}

/**
 * An answer that was not taken, on its desk again; or to read and to copy, where there is none.
 * @param {Session} session @param {Entry} entry
 */
export async function backTo(session, entry) {
  const { item, reply } = await fetchDesk(entry.again, session.drafts);
  if (!item) return showMessage(words(reply ? "refused" : "offline"));
  putAside(session);
  if (!item.slot) return session.showLost(entry);
  const draft = { ...draftOf(entry), key: item.correcting ? uuid() : entry.slot };
  await session.drafts.write(draft);
  await session.outbox.remove(entry);
  session.sit({ ...item, draft });
  showMessage(entry.refusal?.detail ?? "");
}

on("undo-last", (desk) => {
  /** @type {Session} */ (desk.office).undoLast();
});
