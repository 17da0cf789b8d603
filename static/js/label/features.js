// What a desk can do: each feature is a module of its own, called once for every desk.

import { ordering } from "./ordering.js";
import { choices } from "./choices.js";
import { code } from "./code.js";
import "./difference.js";
import { edit } from "./edit.js";
import { focusMode } from "./focus.js";
import "./folding.js";
import { questions } from "./questions.js";
import { reading } from "./reading.js";
import { spans } from "./spans.js";
import { sync } from "./sync.js";
import { unacceptable } from "./unacceptable.js";
import { warnings } from "./warnings.js";

/** @type {((desk: import("./desk.js").Desk) => void)[]} */
export const FEATURES = [
  unacceptable,
  ordering,
  choices,
  questions,
  spans,
  edit,
  reading,
  focusMode,
  sync,
  code,
  warnings,
];
