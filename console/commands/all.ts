/** The commands, in the order people meet them. @module */
import type { Command } from "../command.ts";
import { cases } from "./cases.ts";
import { compare } from "./compare.ts";
import { chaos } from "./chaos.ts";
import { dlq } from "./dlq.ts";
import { inbox } from "./inbox.ts";
import { load } from "./load.ts";
import { publish } from "./publish.ts";
import { setup } from "./setup.ts";
import { selftest } from "./selftest.ts";
import { simulate } from "./simulate.ts";
import { start } from "./start.ts";

export const commands: readonly Command[] = [
  start,
  simulate,
  publish,
  cases,
  dlq,
  inbox,
  load,
  compare,
  setup,
  chaos,
  selftest,
];
