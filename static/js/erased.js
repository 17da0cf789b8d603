// Who erased their words leaves none in the browser: drafts, and answers that were not sent yet.

import { Store } from "./label/store.js";

const labeler = document.querySelector("main [data-erased]")?.getAttribute("data-erased");

if (labeler) {
  const store = await Store.open();
  const drafts = await store.all("drafts", labeler);
  const outbox = await store.all("outbox", labeler);
  await store.write("drafts", null, [
    ...drafts.map(({ slot }) => /** @type {["drafts", string[]]} */ (["drafts", [labeler, slot]])),
    ...outbox.map(({ key }) => /** @type {["outbox", string[]]} */ (["outbox", [labeler, key]])),
  ]);
}
