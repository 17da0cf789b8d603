// What a desk can do: each feature is a module of its own, called once for every desk.

import { ordering } from "./ordering.js";
import { choices } from "./choices.js";
import { edit } from "./edit.js";
import { questions } from "./questions.js";
import { spans } from "./spans.js";
import { unacceptable } from "./unacceptable.js";

/** @type {((desk: import("./desk.js").Desk) => void)[]} */
export const FEATURES = [
  unacceptable,
  ordering,
  choices,
  questions,
  spans,
  edit,
];
