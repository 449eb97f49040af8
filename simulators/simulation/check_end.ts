/** Checks the whole history of a run in which, in the end, everything could be done: I1 to I3, I5, I6 and I8. @module */
import { derivedId } from "../../schema/ids.ts";
import type { EventLog, LogEntry } from "../../backends/memory/log.ts";
import { SMALL_PER_LARGE } from "../../backends/portion.ts";
import { processorNames } from "./fault.ts";
import type { SimulatedNode, World } from "./simulated_node.ts";
import { taken } from "./unfinished.ts";

export function checkEnd(world: World, nodes: readonly SimulatedNode[]): string[] {
  return [
    ...checkAppends(world),
    ...[...world.store.log.cases.values()].flatMap(checkCase),
    ...checkParked(world),
    ...checkFences(world),
    ...checkLeases(world, nodes),
    ...checkMemory(world, nodes),
    ...checkTold(world),
  ];
}

/** Acknowledged is stored, in the order of the producer. */
function checkAppends({ history, store: { log } }: World): string[] {
  const lost = [...history.acknowledged].filter((id) => log.find(id) === undefined);
  return lost.map((id) => `I1: ${id} was acknowledged and is not stored`);
}

interface Output {
  readonly entry: LogEntry;
  readonly data: Record<string, unknown>;
}

function checkCase(story: readonly LogEntry[]): string[] {
  const outputs = outputsOf(story);
  const breaches = processorNames.flatMap((name) => {
    const inputs = story.filter(({ type }) => taken[name].includes(type));
    return [
      ...inputs.flatMap((input) => checkOutput(name, input, outputs.get(`${name} ${input.eventId}`) ?? [])),
      ...checkOrder(name, inputs, outputs),
      ...checkStates(name, inputs, story, outputs),
    ];
  });
  return [...breaches, ...checkTimers(story), ...checkIntakes(story)];
}

/** By processor and input. */
function outputsOf(story: readonly LogEntry[]): Map<string, Output[]> {
  const outputs = new Map<string, Output[]>();
  for (const entry of story) {
    const { causation_id, source } = JSON.parse(entry.metadata);
    if (causation_id === undefined || entry.type === "case.term_expired") continue;
    const key = `${source.split("@")[0]} ${causation_id}`;
    outputs.set(key, [...outputs.get(key) ?? [], { entry, data: JSON.parse(entry.data) }]);
  }
  return outputs;
}

function checkOutput(name: string, input: LogEntry, outputs: readonly Output[]): string[] {
  const what = `${name} on version ${input.version} of ${input.caseId}`;
  if (outputs.length === 0) return [`I1: ${what} left nothing behind`];
  if (outputs.length > 1) return [`I2: ${what} left ${outputs.length} events behind`];
  const { eventId } = outputs[0]!.entry;
  const expected = derivedId(input.eventId, Date.parse(input.timestamp), name, "0");
  return eventId === expected ? [] : [`I2: ${what} left an event with an id that is not derived`];
}

function checkOrder(name: string, inputs: readonly LogEntry[], outputs: Map<string, Output[]>): string[] {
  const positions = inputs.flatMap(({ eventId }) =>
    outputs.get(`${name} ${eventId}`)?.map(({ entry }) => entry.position) ?? []
  );
  const ordered = positions.every((position, i) => i === 0 || position > positions[i - 1]!);
  return ordered ? [] : [`I3: ${name} did ${inputs[0]!.caseId} out of order: ${positions}`];
}

/** The state at every delivery is what was before it. */
function checkStates(
  name: string,
  inputs: readonly LogEntry[],
  story: readonly LogEntry[],
  outputs: Map<string, Output[]>,
): string[] {
  return inputs.flatMap((input) => {
    const before = story.slice(0, input.version - 1);
    const intakes = before.filter(({ type }) => type === "case.intake").length;
    const answered = before.filter(({ type }) => taken.answerer.includes(type)).length;
    const data = outputs.get(`${name} ${input.eventId}`)?.[0]?.data;
    if (data === undefined) return [];
    const right = name === "sorter"
      ? data.seen === intakes
      : data.intakes === intakes && data.answered === answered;
    return right ? [] : [`I3: ${name} saw a wrong state before version ${input.version} of ${input.caseId}`];
  });
}

/** Every second intake set a timer, which fired once. */
function checkTimers(story: readonly LogEntry[]): string[] {
  const expected = story.filter(({ type, data }) => type === "case.intake" && JSON.parse(data).n % 2 === 0);
  const fired = story.filter(({ type }) => type === "case.term_expired");
  if (fired.length === expected.length) return [];
  const mark = fired.length < expected.length ? "I1" : "I2";
  return [`${mark}: ${fired.length} timers of ${expected.length} fired in ${story[0]!.caseId}`];
}

function checkIntakes(story: readonly LogEntry[]): string[] {
  const numbers = story.filter(({ type }) => type === "case.intake").map(({ data }) => JSON.parse(data).n);
  return numbers.every((n, i) => n === i + 1)
    ? []
    : [`I3: intakes of ${story[0]!.caseId} stored as ${numbers}`];
}

/** Nothing waits, now that nothing does harm. */
function checkParked({ store }: World): string[] {
  return store.leases.all().flatMap(({ processor, parked }) =>
    [...parked.values()].map((each) => ({ processor, each }))
  )
    .map(({ processor, each: [head] }) => {
      const classes = head!.failures.map((failure) => failure.class).join(", ");
      return `I7: ${processor} still has ${head!.entry.caseId} parked though nothing does harm: ${classes}`;
    });
}

function checkFences({ history }: World): string[] {
  return history.settled.filter(({ accepted, epoch, current }) => accepted && epoch !== current).map(
    ({ node, processor, partition, epoch, current }) =>
      `I5: ${node} settled ${processor} ${partition} under epoch ${epoch} when it was at ${current}`,
  );
}

/** A node that stopped in order gave back what it held. */
function checkLeases({ store, clock }: World, nodes: readonly SimulatedNode[]): string[] {
  return store.leases.all()
    .filter(({ owner, leaseUntil }) =>
      owner !== null && leaseUntil > clock.now() && nodes.some(({ left }) => left.has(owner))
    )
    .map(({ processor, partition, owner }) =>
      `I5: ${owner} stopped and still holds ${processor} ${partition}`
    );
}

function checkMemory({ schedule, store: { log } }: World, nodes: readonly SimulatedNode[]): string[] {
  const { workers, prefetch, batchBytes } = schedule;
  const most = workers * prefetch;
  const mostSmall = most * SMALL_PER_LARGE;
  const mostBytes = Math.max(most * batchBytes, mostSmall * longestLine(log));
  return nodes.flatMap(({ inFlight }) => inFlight).flatMap(({ mostBatches, mostBytes: bytes }) =>
    mostBatches <= mostSmall && bytes <= mostBytes ? [] : [
      `I6: ${mostBatches} batches of ${bytes} characters were in flight, at most ${mostSmall} of ${mostBytes} may`,
    ]
  );
}

/** One delivery is always allowed. Roughly: data and metadata, and room for the ids. */
function longestLine({ entries }: EventLog): number {
  return Math.max(0, ...entries.map(({ data, metadata }) => data.length + metadata.length + 200));
}

function checkTold({ history: { known, told } }: World): string[] {
  return [...known].filter(([what, times]) => (told.get(what) ?? 0) < times)
    .map(([what, times]) => `I8: ${what} happened ${times} times and was told ${told.get(what) ?? 0} times`);
}
