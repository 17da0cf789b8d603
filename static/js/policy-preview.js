// A desk that can be tried: all of it works, and nothing of it is kept or sent.

import { Desk } from "./label/desk.js";
import { listen } from "./label/keys.js";

document.documentElement.classList.add("js");
const root = document.getElementById("desk");
if (root) {
  const desk = new Desk(root, { labeler: "", keep: () => {}, send: () => {} }, null);
  listen(() => desk);
}
