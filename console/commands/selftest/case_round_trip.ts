/** Takes one case through all processors of a running node, and judges its story. @module */
import { openingEventTypes, processors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import { withTwoDecimals } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import { generateCases } from "../../../simulators/case_generator.ts";
import { conservation } from "../../../simulators/proof/conservation.ts";
import { Ledger } from "../../../simulators/proof/ledger.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { waitUntilIdle } from "../../node/idle.ts";
import type { RunningNode } from "../../node/node.ts";

/** A case that ends without a person and without a term: chosen once, by its seed, and the same at any date. */
export function generateSelftestCase(): WireEvent {
  const [generated] = generateCases({ seed: "one-case", count: 1 });
  return withTwoDecimals(generated!.event);
}

/** Appends the case and waits until nothing is left to do. Answers its story. @throws CommandError */
export async function runCaseThrough(
  backend: Backend,
  running: RunningNode,
  event: WireEvent,
  signal: AbortSignal,
): Promise<StoredEvent[]> {
  await backend.append([event], "none");
  const ended = running.supervisor.ended().then((ending) => {
    if (ending.kind === "escalated") throw failed(`the supervisor gave up: ${ending.reason}`);
  });
  await Promise.race([waitUntilIdle(backend, running.sinceSettledMs, signal), ended]);
  signal.throwIfAborted();
  const history = await Array.fromAsync(backend.readCase(event.correlation_id));
  const dead = await backend.deadLetters.list({ caseId: event.correlation_id });
  if (dead.length > 0) {
    const [{ processor, failures }] = dead as [(typeof dead)[number]];
    throw failed(`the case is a dead letter of ${processor}: ${failures.at(-1)?.message ?? "no reason"}`);
  }
  requireComplete(history, event.event_id);
  return history;
}

/** @throws CommandError when something is missing from the story, is there twice, or is out of order. */
export function requireComplete(history: readonly StoredEvent[], accepted: string): void {
  const types = history.map(({ event }) => event.event_type);
  const typeList = types.join(" → ") || "nothing";
  if (openingEventTypes.some((type, i) => types[i] !== type)) {
    throw failed(`the case should begin ${openingEventTypes.join(" → ")}, and its story is ${typeList}`);
  }
  const idle = processors.find(({ takes }) => !takes.some((type) => types.includes(type)));
  if (idle !== undefined) throw failed(`the case never reached the processor ${idle.name}: ${typeList}`);
  const ledger = new Ledger(conservation);
  ledger.accept(accepted);
  for (const stored of history) ledger.observe(stored);
  const { balanced, lost, duplicated, reordered } = ledger.report(new Map());
  if (balanced) return;
  const fault = lost.length > 0
    ? "events were lost"
    : duplicated.length > 0
    ? "events are there twice"
    : reordered.length > 0
    ? "events are out of order"
    : "it does not balance";
  throw failed(`the story of the case is not whole, ${fault}: ${typeList}`);
}

function failed(reason: string): CommandError {
  return new CommandError(exitCodes.failed, reason);
}
