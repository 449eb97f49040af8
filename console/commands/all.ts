/** The commands, in the order people meet them. @module */
import type { Command } from "../cli/command.ts";
import { audit } from "./audit/command.ts";
import { backup } from "./backup/command.ts";
import { cases } from "./cases/command.ts";
import { cdc } from "./cdc/command.ts";
import { completionOf } from "./completion/command.ts";
import { configOf } from "./config.ts";
import { compare } from "./compare/command.ts";
import { chaos } from "./chaos/command.ts";
import { dlq } from "./dlq/command.ts";
import { consoleCommand } from "./console.ts";
import { doctor } from "./doctor.ts";
import { exportCommand } from "./export/command.ts";
import { events } from "./events/command.ts";
import { health } from "./health.ts";
import { inbox } from "./inbox.ts";
import { load } from "./load/command.ts";
import { mirror } from "./mirror/command.ts";
import { nodes } from "./nodes/command.ts";
import { parked } from "./parked/command.ts";
import { processors } from "./processors/command.ts";
import { producers } from "./producers/command.ts";
import { projections } from "./projections/command.ts";
import { publish } from "./publish/command.ts";
import { relay } from "./relay/command.ts";
import { rules } from "./rules.ts";
import { setup } from "./setup.ts";
import { selftest } from "./selftest/command.ts";
import { simtest } from "./simtest.ts";
import { simulate } from "./simulate/command.ts";
import { start } from "./start.ts";
import { status } from "./status/command.ts";
import { token } from "./token/command.ts";
import { types } from "./types.ts";
import { version } from "./version.ts";
import { whatIf } from "./what_if/command.ts";
import { workflow } from "./workflow/command.ts";

export const commands: readonly Command[] = [
  start,
  simulate,
  publish,
  types,
  cases,
  events,
  dlq,
  parked,
  inbox,
  consoleCommand,
  token,
  processors,
  nodes,
  producers,
  projections,
  exportCommand,
  relay,
  cdc,
  rules,
  whatIf,
  workflow,
  load,
  compare,
  setup,
  backup,
  mirror,
  doctor,
  status,
  audit,
  health,
  chaos,
  simtest,
  selftest,
  configOf(() => commands),
  completionOf(() => commands),
  version,
];
