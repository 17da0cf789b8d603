// What a desk can do: each feature is a module of its own, called once for every desk.

import { ordering } from "./ordering.js";
import { unacceptable } from "./unacceptable.js";

/** @type {((desk: import("./desk.js").Desk) => void)[]} */
export const FEATURES = [
  unacceptable,
  ordering,
];
