/** The processors this runtime hosts, in the order of a case's life. Adding one means adding it here. @module */
import type { AnyProcessor } from "../processor.ts";
import { analysis } from "./analysis.ts";
import { decision } from "./decision.ts";
import { followUp } from "./follow_up.ts";
import { intake } from "./intake.ts";

export const processors: readonly AnyProcessor[] = [intake, analysis, decision, followUp];
