/**
 * Follow-up compiled from its workflow beside follow-up as it was written by hand: the same recorded deliveries, in turns.
 * `deno task bench:workflow --pairs 151`. Asserts nothing.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { processors } from "../../../actors/application.ts";
import type { AnyProcessor } from "../../../actors/processor.ts";
import { followUp } from "../../../actors/processors/follow_up.ts";
import { contextOf, encodeOutputs } from "../../../actors/worker/outputs.ts";
import { decodeEvent } from "../../../schema/codec.ts";
import type { CaseEvent } from "../../../schema/events.ts";
import { generateCases } from "../../../simulators/case_generator.ts";
import { playCase } from "../../../simulators/what_if/case_play.ts";
import { fixedId } from "../../support/misbehaving/fixed_ids.ts";
import { handWrittenFollowUp } from "../../support/workflow/hand_written_follow_up.ts";
import { describeMachine, print } from "../bench.ts";

/** A delivery as follow-up gets it. */
interface Delivery {
  readonly event: CaseEvent;
  readonly before: unknown;
}

/** The deliveries of generated cases that are lived to their ends. */
function recordedDeliveries(count: number): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  const recording: AnyProcessor = {
    ...followUp,
    handle(event, before, context) {
      deliveries.push({ event, before });
      return followUp.handle(event, before, context);
    },
  };
  const watched = processors.map((each) => each === followUp ? recording : each);
  const states = watched.map((processor) => processor.initial());
  for (const { event } of generateCases({ seed: "bench", count })) {
    const { timestamp: openedAt, correlation_id: caseId } = event;
    const moment = { caseId, states, version: 1, event: decodeEvent(event), trigger: undefined, openedAt };
    playCase(watched, moment, "bench");
  }
  return deliveries;
}

/** Microseconds a delivery: handled, encoded as a worker does, and folded. Short turns: a busy machine disturbs few of them. */
function turn(processor: AnyProcessor, deliveries: readonly Delivery[], isEncoded: boolean): number {
  const start = performance.now();
  for (const { event, before } of deliveries) {
    const handled = processor.handle(
      event,
      before,
      contextOf({ event, version: 1 }, processor.name, fixedId),
    );
    if (isEncoded) encodeOutputs(handled, event, processor, { partition: 0, idOf: fixedId });
    processor.evolve(before, event);
  }
  return (performance.now() - start) * 1_000 / deliveries.length;
}

function medianOf(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1]!;
}

/** Pairs of turns; whoever is first takes turns too. */
function compare(what: string, deliveries: readonly Delivery[], pairs: number, isEncoded: boolean): void {
  const both = [followUp, handWrittenFollowUp];
  const measured = Array.from({ length: pairs + 5 }, (_, i) => {
    const order = i % 2 === 0 ? both : both.toReversed();
    const figures = new Map(order.map((each) => [each, turn(each, deliveries, isEncoded)]));
    return both.map((each) => figures.get(each)!) as [number, number];
  }).slice(5);
  const [compiled, byHand] = both.map((_, i) => medianOf(measured.map((each) => each[i]!)).toFixed(2));
  const ratio = medianOf(measured.map(([compiled, byHand]) => compiled / byHand)).toFixed(3);
  print(`${what}: compiled ${compiled} µs a delivery, by hand ${byHand} µs, median ratio ${ratio}`);
}

if (import.meta.main) {
  const { pairs, cases } = parseArgs(Deno.args, { default: { pairs: 151, cases: 1_000 } });
  const deliveries = recordedDeliveries(cases);
  print(describeMachine());
  print(`${deliveries.length} deliveries of ${cases} cases, ${pairs} pairs`);
  compare("handled and encoded", deliveries, pairs, true);
  compare("handled alone", deliveries, pairs, false);
}
