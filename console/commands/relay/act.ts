/** What the subcommands of `relay` do that change a record. @module */
import { rewound } from "../../../actors/relay/relay_state.ts";
import type { Backend } from "../../../backends/backend.ts";
import { type RelayRecord, RELAYS_TRAIL } from "../../../backends/relay/relay_store.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { kindOf } from "../../relay/options.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import { shownRelay } from "./list.ts";
import type { RelayActValues, RewindRelayValues } from "./options.ts";

type Act = "pause" | "resume" | "retry" | "remove";

const CHANGES: Readonly<Record<Act, (record: RelayRecord, why: string) => RelayRecord | null>> = {
  pause: (record, why) => ({ ...record, state: "paused", why }),
  resume: (record) => ({ ...record, state: "running", why: null }),
  retry: (record) => ({ ...record, isRetrying: true }),
  remove: () => null,
};

export function actOnRelay(act: Act, name: string, values: RelayActValues, output: Output): Promise<number> {
  return withBackend(
    values,
    (backend) =>
      change(backend, { act, name, values, output }, (record) => CHANGES[act](record, values.reason!)),
  );
}

export function rewindRelay(name: string, values: RewindRelayValues, output: Output): Promise<number> {
  return withBackend(
    values,
    (backend) =>
      change(backend, { act: "rewind", name, values, output }, (record) => {
        if (record.progress?.sequence !== undefined && kindOf(record.to) === "nats") {
          throw new CommandError(
            exitCodes.usage,
            "A stream has each event once: remove the relay and its stream, and start anew",
          );
        }
        return rewound(record, values["from-position"]);
      }),
  );
}

interface RelayAct {
  readonly act: string;
  readonly name: string;
  readonly values: RelayActValues;
  readonly output: Output;
}

/** Writes on top of what the relay itself writes meanwhile. */
async function change(
  backend: Backend,
  { act, name, values, output }: RelayAct,
  changed: (record: RelayRecord) => RelayRecord | null,
): Promise<number> {
  const by = await actedBy(backend, values, "relays.change");
  for (;;) {
    const entry = await backend.relays.read(name);
    if (entry === undefined) throw new CommandError(exitCodes.notFound, `There is no relay ${name}`);
    const record = changed(entry.record);
    const revision = await backend.relays.write(name, record, entry.revision);
    if (revision === undefined) continue;
    const why = `${name}: ${values.reason}`;
    await backend.record({ act: `relay_${act}`, by, why, caseId: RELAYS_TRAIL });
    const json = record === null ? { name, removed: true } : shownRelay({ name, record, revision });
    printResult(output, values, {
      json,
      text: record === null ? `${name} is removed` : `${name}: ${record.state}`,
    });
    return exitCodes.ok;
  }
}
