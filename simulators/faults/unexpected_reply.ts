/** A worker answers what it was not asked. @module */
import { atNextOccasion, type Fault } from "./fault.ts";

export const unexpectedReply: Fault = {
  does: "makes the next worker of a node that gets a batch send a message that is out of place",
  simulation: { ...atNextOccasion("unexpected_reply", "batch_reply"), chargesInnocent: true },
};
