/** What `relay start` does. @module */
import { Relay, type RelayStep } from "../../../actors/relay/relay.ts";
import { type RelayListener, runRelay } from "../../../actors/relay/relay_actor.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { openRelay } from "../../relay/open_relay.ts";
import { openBackend } from "../../store/open_backend.ts";
import { actedBy } from "../../store/identity.ts";
import type { StartRelayValues } from "./options.ts";

/** Runs a relay until it is stopped, or has nothing left to send. Returns the exit code. */
export async function startRelay(values: StartRelayValues, output: Output): Promise<number> {
  const opened = await openBackend(values, { role: "client" });
  const stop = listenForStop(false);
  try {
    return await Promise.race([
      relayFrom(opened.backend, values, output, stop.graceful),
      stop.immediate.then(() => exitCodes.interrupted),
    ]);
  } finally {
    stop.close();
    await opened.close();
  }
}

async function relayFrom(
  backend: Backend,
  values: StartRelayValues,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const owner = `relay-${crypto.randomUUID().slice(0, 8)}`;
  const by = values.personal && await actedBy(backend, values, "cases.open_personal");
  const options = await openRelay(values, { backend, owner, by, write: writerTo(output) });
  const relay = new Relay(backend, options);
  const { name } = options;
  const isDone = (step: RelayStep) => step === "stopped" || (values["until-idle"] && step === "idle");
  const before = (await backend.relays.read(name))?.record.delivered ?? 0;
  const ended = await runRelay(relay, { name, signal, isDone, listener: listenerTo(output) });
  const entry = await backend.relays.read(name);
  if (ended === "stopped") {
    throw new CommandError(
      exitCodes.failed,
      `The relay ${name} stopped: ${entry?.record.why ?? "nobody knows"}`,
    );
  }
  output.err(`${name}: ${(entry?.record.delivered ?? 0) - before} events have reached ${options.to}`);
  return (entry?.record.letters.length ?? 0) > 0 && ended === "idle" ? exitCodes.failed : exitCodes.ok;
}

/** Tells people how it goes, on standard error: the events may be on standard output. */
function listenerTo({ err }: Output): RelayListener {
  return {
    onStep(name, step) {
      if (step === "waiting") err(`${name}: another process runs it; waiting until that is gone`);
      if (step === "paused") err(`${name}: paused; relay resume ${name} lets it go on`);
    },
    onUnavailable: (name, reason) => err(`${name}: ${reason}; trying again`),
  };
}

function writerTo({ write, out }: Output): (text: string) => Promise<void> {
  if (write !== undefined) return (text) => write(text);
  return (text) => Promise.resolve(out(text.replace(/\n$/, "")));
}
