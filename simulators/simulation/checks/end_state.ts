/** Checks the whole history of a run in which, in the end, everything could be done: I1 to I3, I5, I6 and I8. @module */
import { derivedId } from "../../../schema/ids.ts";
import type { EventLog, LogEntry } from "../../../backends/memory/event_log.ts";
import { SMALL_PER_LARGE } from "../../../backends/primitives/priority_semaphore.ts";
import { processorNames } from "../fault.ts";
import type { SimulatedNode, SimulationContext } from "../simulated_node.ts";
import { processorInputs } from "./unfinished_work.ts";

export function checkEnd(context: SimulationContext, nodes: readonly SimulatedNode[]): string[] {
  return [
    ...checkAppends(context),
    ...[...context.store.log.cases.values()].flatMap(checkCase),
    ...checkParked(context),
    ...checkFences(context),
    ...checkLeases(context, nodes),
    ...checkMemory(context, nodes),
    ...checkVisible(context),
  ];
}

/** Acknowledged is stored, in the order of the producer. */
function checkAppends({ history, store: { log } }: SimulationContext): string[] {
  const lost = [...history.acknowledged].filter((id) => log.find(id) === undefined);
  return lost.map((id) => `I1: ${id} was acknowledged and is not stored`);
}

interface Output {
  readonly entry: LogEntry;
  readonly data: Record<string, unknown>;
}

function checkCase(history: readonly LogEntry[]): string[] {
  const outputs = outputsOf(history);
  const breaches = processorNames.flatMap((name) => {
    const inputs = history.filter(({ type }) => processorInputs[name].includes(type));
    return [
      ...inputs.flatMap((input) => checkOutput(name, input, outputs.get(`${name} ${input.eventId}`) ?? [])),
      ...checkOrder(name, inputs, outputs),
      ...checkStates(name, inputs, history, outputs),
    ];
  });
  return [...breaches, ...checkTimers(history), ...checkIntakes(history)];
}

/** By processor and input. */
function outputsOf(history: readonly LogEntry[]): Map<string, Output[]> {
  const outputs = new Map<string, Output[]>();
  for (const entry of history) {
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
  const isOrdered = positions.every((position, i) => i === 0 || position > positions[i - 1]!);
  return isOrdered ? [] : [`I3: ${name} did ${inputs[0]!.caseId} out of order: ${positions}`];
}

/** The state at every delivery is what was before it. */
function checkStates(
  name: string,
  inputs: readonly LogEntry[],
  history: readonly LogEntry[],
  outputs: Map<string, Output[]>,
): string[] {
  return inputs.flatMap((input) => {
    const before = history.slice(0, input.version - 1);
    const intakes = before.filter(({ type }) => type === "case.intake").length;
    const answered = before.filter(({ type }) => processorInputs.answerer.includes(type)).length;
    const data = outputs.get(`${name} ${input.eventId}`)?.[0]?.data;
    if (data === undefined) return [];
    const right = name === "sorter"
      ? data.seen === intakes
      : data.intakes === intakes && data.answered === answered;
    return right ? [] : [`I3: ${name} saw a wrong state before version ${input.version} of ${input.caseId}`];
  });
}

/** Every second intake set a timer, which fired once. */
function checkTimers(history: readonly LogEntry[]): string[] {
  const expected = history.filter(({ type, data }) => type === "case.intake" && JSON.parse(data).n % 2 === 0);
  const fired = history.filter(({ type }) => type === "case.term_expired");
  if (fired.length === expected.length) return [];
  const mark = fired.length < expected.length ? "I1" : "I2";
  return [`${mark}: ${fired.length} timers of ${expected.length} fired in ${history[0]!.caseId}`];
}

function checkIntakes(history: readonly LogEntry[]): string[] {
  const numbers = history.filter(({ type }) => type === "case.intake").map(({ data }) => JSON.parse(data).n);
  return numbers.every((n, i) => n === i + 1)
    ? []
    : [`I3: intakes of ${history[0]!.caseId} stored as ${numbers}`];
}

/** Nothing waits, now that nothing does harm. */
function checkParked({ store }: SimulationContext): string[] {
  return store.leases.all().flatMap(({ processor, parked }) =>
    [...parked].map(([caseId, each]) => ({ processor, caseId, each }))
  )
    .map(({ processor, caseId, each: [head] }) => {
      const classes = head!.failures.map((failure) => failure.class).join(", ");
      return `I7: ${processor} still has ${caseId} parked though nothing does harm: ${classes}`;
    });
}

function checkFences({ history }: SimulationContext): string[] {
  return history.settled.filter(({ accepted, epoch, current }) => accepted && epoch !== current).map(
    ({ node, processor, partition, epoch, current }) =>
      `I5: ${node} settled ${processor} ${partition} under epoch ${epoch} when it was at ${current}`,
  );
}

/** A node that stopped in order gave back what it held. */
function checkLeases({ store, clock }: SimulationContext, nodes: readonly SimulatedNode[]): string[] {
  return store.leases.all()
    .filter(({ owner, leaseUntil }) =>
      owner !== null && leaseUntil > clock.now() && nodes.some(({ cleanStops: left }) => left.has(owner))
    )
    .map(({ processor, partition, owner }) =>
      `I5: ${owner} stopped and still holds ${processor} ${partition}`
    );
}

function checkMemory(
  { schedule, store: { log } }: SimulationContext,
  nodes: readonly SimulatedNode[],
): string[] {
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

function checkVisible({ history: { expected, observed } }: SimulationContext): string[] {
  return [...expected].filter(([what, times]) => (observed.get(what) ?? 0) < times)
    .map(([what, times]) =>
      `I8: ${what} happened ${times} times and was told ${observed.get(what) ?? 0} times`
    );
}
