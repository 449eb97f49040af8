/** Takes one case through all processors of a running node, and judges its story. @module */
import { processors } from "../../actors/processors/all.ts";
import type { Backend } from "../../backends/backend.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import type { WireEvent } from "../../schema/events.ts";
import type { StoredEvent } from "../../schema/stored_event.ts";
import { generateCases } from "../../simulators/case_generator.ts";
import { conservation } from "../../simulators/conservation.ts";
import { Ledger } from "../../simulators/ledger.ts";
import { CommandError, exitCodes } from "../exit_codes.ts";
import { untilIdle } from "../idle.ts";
import type { RunningNode } from "../node.ts";

/** How every story begins. What follows the decision depends on the decision. */
const BEGINNING = ["case.intake", "case.analysis", "case.decision"] as const;

/** A case that ends without a person and without a term: chosen once, by its seed, and the same at any date. */
export function selftestCase(): WireEvent {
  const [generated] = generateCases({ seed: "one-case", count: 1 });
  return withTwoDecimals(generated!.event);
}

/** Appends the case and waits until nothing is left to do. Answers its story. @throws CommandError */
export async function passCase(
  backend: Backend,
  running: RunningNode,
  event: WireEvent,
  signal: AbortSignal,
): Promise<StoredEvent[]> {
  await backend.append([event], "none");
  const ended = running.supervisor.ended().then((ending) => {
    if (ending.kind === "escalated") throw failed(`the supervisor gave up: ${ending.reason}`);
  });
  await Promise.race([untilIdle(backend, running.quietMs, signal), ended]);
  signal.throwIfAborted();
  const story = await Array.fromAsync(backend.readCase(event.correlation_id));
  const dead = await backend.deadLetters.list({ caseId: event.correlation_id });
  if (dead.length > 0) {
    const [{ processor, failures }] = dead as [(typeof dead)[number]];
    throw failed(`the case is a dead letter of ${processor}: ${failures.at(-1)?.message ?? "no reason"}`);
  }
  requireWhole(story, event.event_id);
  return story;
}

/** @throws CommandError when something is missing from the story, is there twice, or is out of order. */
export function requireWhole(story: readonly StoredEvent[], accepted: string): void {
  const types = story.map(({ event }) => event.event_type);
  const told = types.join(" → ") || "nothing";
  if (BEGINNING.some((type, i) => types[i] !== type)) {
    throw failed(`the case should begin ${BEGINNING.join(" → ")}, and its story is ${told}`);
  }
  const idle = processors.find(({ takes }) => !takes.some((type) => types.includes(type)));
  if (idle !== undefined) throw failed(`the case never reached the processor ${idle.name}: ${told}`);
  const ledger = new Ledger(conservation);
  ledger.accept(accepted);
  for (const stored of story) ledger.see(stored);
  const { balanced, lost, duplicated, reordered } = ledger.report(new Map());
  if (balanced) return;
  const fault = lost.length > 0
    ? "events were lost"
    : duplicated.length > 0
    ? "events are there twice"
    : reordered.length > 0
    ? "events are out of order"
    : "it does not balance";
  throw failed(`the story of the case is not whole, ${fault}: ${told}`);
}

function failed(reason: string): CommandError {
  return new CommandError(exitCodes.failed, reason);
}
