/** What must follow from what: the rules the ledger holds the runtime to. @module */
import type { Conservation } from "./ledger.ts";

export const conservation: Conservation = {
  "case.intake": ["case.analysis"],
};
