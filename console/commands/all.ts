/** The commands, in the order people meet them. @module */
import type { Command } from "../command.ts";
import { start } from "./start.ts";

export const commands: readonly Command[] = [start];
