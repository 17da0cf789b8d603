// An answer of one's own: what was blurred on the desk is blurred here.

import { warnings } from "./label/warnings.js";

warnings({ root: document });
