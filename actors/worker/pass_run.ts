/**
 * One pass in a worker: a stretch of a partition, taken through all processors in step, together with what they make of it.
 *
 * A pass is speculation. Every change of state is staged, and whatever is unusual ends it with a reason: nothing of it counts
 * then, and the plain way says what becomes of each delivery. Within a case events are handled in the order of their
 * versions: first all that were read, then what came of them, breadth first.
 *
 * A delivery that fails was tried, and that is said: it is charged as its first attempt. Only what fails on an event that the
 * pass itself made is not: the event is not stored, and may never be, so there is no delivery yet. Its handler runs once
 * more than the policy allows.
 * @module
 */
import type { HistoryNeed } from "../../backends/mailbox/mailbox.ts";
import { decodeEvent, decodeStored } from "../../schema/codec.ts";
import { decodeLines, type Delivery, parseLine } from "../../schema/delivery_line.ts";
import type { CaseEvent } from "../../schema/events.ts";
import type { DerivedIds } from "../../schema/ids.ts";
import { CaseHistories } from "./case_histories.ts";
import type { DeliverySpans } from "./delivery_spans.ts";
import { failedAttempt } from "./failed_attempt.ts";
import { contextOf, encodeOutputs, type OutputSettings } from "./outputs.ts";
import { PassOutputs } from "./pass_outputs.ts";
import { type Step, stepOf, type StepPlace, wireOf, writePlace } from "./pass_place.ts";
import type { NotFused, PassFailure, PassMember, PassRequest, PassResult } from "./protocol.ts";
import { StagedStates } from "./staged_states.ts";
import type { StateCache } from "./state_cache.ts";

interface MemberRun extends PassMember {
  readonly states: StagedStates;
  readonly takes: ReadonlySet<string>;
  readonly folds: ReadonlySet<string>;
  /** Set where traces are made. */
  readonly spans: DeliverySpans | undefined;
}

/** Makes the spans of one processor's deliveries in a pass. */
type MakeSpans = (processor: string) => DeliverySpans;

export class PassRun {
  readonly deliveries: readonly Delivery[];
  readonly #request: PassRequest;
  readonly #settings: OutputSettings;
  readonly #members: readonly MemberRun[];
  readonly #outputs: PassOutputs;
  /** The version of each case at its last line. */
  readonly #lastLines = new Map<string, number>();
  /** The version of each case behind what the pass made. */
  readonly #heads = new Map<string, number>();
  /** What the pass made and did not hand on yet, by case. */
  readonly #made = new Map<string, Step[]>();
  readonly #missing = new Map<string, HistoryNeed>();
  /** The next line. */
  #line = 0;
  /** The case whose lines are all handled, so that what was made of it comes next. */
  #chained: string | undefined;
  /** What is handed over, and to which of the members next. */
  #step: Step | undefined;
  #member = 0;
  /** Whose delivery it is that fails if anything is thrown now. */
  #attempting: MemberRun | undefined;
  /** Deliveries that are done. */
  handled = 0;
  /** What a delivery came to is being recorded: stopped there, it can't go on. */
  isRecording = false;
  /** Why it can't be a pass, where it is known here. */
  refusal: NotFused | undefined;
  /** Called before each delivery, with how many there were and its place. */
  onProgress: (handled: number, place: number) => void = () => {};

  constructor(
    request: PassRequest,
    caches: ReadonlyMap<string, StateCache>,
    idOf: DerivedIds,
    readonly histories: CaseHistories = new CaseHistories(),
    makeSpans?: MakeSpans,
  ) {
    this.#request = request;
    this.#settings = { partition: request.partition, idOf };
    this.deliveries = decodeLines(request.lines).map(parseLine);
    this.#members = request.members.map((member) => {
      const states = new StagedStates(caches.get(member.processor)!, histories);
      const { takes, folds } = states.processor;
      const spans = makeSpans?.(member.processor);
      return { ...member, states, spans, takes: new Set<string>(takes), folds: new Set<string>(folds) };
    });
    this.#outputs = new PassOutputs(request.lines.length, request.members.map(({ processor }) => processor));
    for (const { event, version } of this.deliveries) this.#lastLines.set(event.correlation_id, version);
    this.refusal = refusalOf(this.deliveries);
  }

  /** The types whose events a history must hold. */
  get historyTypes(): string[] {
    return [...new Set(this.#members.flatMap(({ takes, folds }) => [...takes, ...folds]))];
  }

  /** The histories that are known to be missing before anything is handled. */
  findNeeds(): readonly HistoryNeed[] {
    for (const member of this.#members) {
      const folded = new Map<string, number>();
      for (
        const { event: { correlation_id: caseId, event_type: type }, version, position } of this.deliveries
      ) {
        if (!isDue(member, { type, position })) continue;
        const known = folded.get(caseId) ?? member.states.knownVersion(caseId, version);
        const isCovered = this.histories.between(caseId, known, version) !== undefined;
        if (known < version - 1 && !isCovered) this.#need(caseId, known);
        folded.set(caseId, version);
      }
    }
    return this.needs;
  }

  /** What was missing when it was looked for. */
  get needs(): readonly HistoryNeed[] {
    return [...this.#missing.values()];
  }

  /**
   * Takes everything through. What it throws, of a handler or of its own, ends the pass. Stopped between any two instructions
   * it goes on where it was when it is called again, unless `isRecording`.
   */
  run(): void {
    while (this.#findStep()) {
      const step = this.#step!;
      const event = this.#decode(step);
      while (this.#member < this.#members.length) this.#handOver(this.#members[this.#member]!, step, event);
      this.#step = undefined;
    }
  }

  /** The event, where it is handled: what can't be decoded is a failure of the first who would. */
  #decode(step: Step): CaseEvent | undefined {
    this.#attempting = this.#members.find((member) => isDue(member, step));
    const event = this.#attempting && decodeEvent(step.wire());
    this.#attempting = undefined;
    return event;
  }

  /** The failure of the delivery under way: undefined where there is none, or none that the store has. */
  failureOf(error: unknown): PassFailure | undefined {
    const isStored = this.refusal === undefined && this.#step?.position !== undefined;
    if (this.#attempting === undefined || !isStored) return undefined;
    const failed = failedAttempt(this.deliveries[this.#line - 1]!, error);
    return { processor: this.#attempting.processor, failed };
  }

  /** The step that comes next, or is not done yet: false when there is none. */
  #findStep(): boolean {
    if (this.#step !== undefined) return true;
    this.isRecording = true;
    this.#step = this.#nextMade() ?? this.#nextLine();
    this.#member = 0;
    this.isRecording = false;
    return this.#step !== undefined;
  }

  #nextLine(): Step | undefined {
    const delivery = this.deliveries[this.#line++];
    if (delivery === undefined) return undefined;
    const { event: { correlation_id: caseId }, version } = delivery;
    // What was made of a case only comes behind its last line: so it is handled in the order of its versions.
    this.#chained = this.#lastLines.get(caseId) === version ? caseId : undefined;
    return stepOf(delivery);
  }

  #nextMade(): Step | undefined {
    if (this.#chained === undefined || this.#missing.has(this.#chained)) return undefined;
    const made = this.#made.get(this.#chained);
    const next = made?.shift();
    if (next === undefined) this.#made.delete(this.#chained);
    return next;
  }

  #handOver(member: MemberRun, step: Step, event: CaseEvent | undefined): void {
    const { type, caseId, version } = step;
    if (isDue(member, step)) return this.#handle(member, event!, step);
    if (!isLater(member, step)) {
      const isSeen = member.folds.has(type) || member.takes.has(type);
      member.states.observe(caseId, version, isSeen ? event ?? decodeStored(step.wire()) : undefined);
    }
    this.#member++;
  }

  #handle(member: MemberRun, event: CaseEvent, step: Step): void {
    const { processor: name, states } = member;
    const { caseId, version, recordedAt, position } = step;
    this.#countDelivery(position === undefined);
    this.#attempting = member;
    const before = states.before(caseId, version);
    if (before === undefined) return this.#skip(caseId, states.knownVersion(caseId, version));
    const { processor } = states;
    const context = contextOf({ event, version }, name, this.#settings.idOf);
    const traced = member.spans && { event: step.wire() };
    const spans = traced && member.spans!.concern(traced) ? member.spans : undefined;
    const result = spans === undefined
      ? processor.handle(event, before.state, context)
      : spans.run(traced!, () => processor.handle(event, before.state, context));
    const settings = spans === undefined
      ? this.#settings
      : { ...this.#settings, trace: spans.contextOf(traced!) };
    const outputs = encodeOutputs(result, event, processor, settings);
    const after = processor.evolve(before.state, event);
    this.isRecording = true;
    states.put(caseId, version, after);
    outputs.rows.forEach((row, i) => this.#emit(row, outputs.types[i]!, step));
    this.#outputs.record(name, { event, recordedAt, isChained: position === undefined, outputs });
    spans?.end();
    this.handled++;
    this.#member++;
    this.#attempting = undefined;
    this.isRecording = false;
  }

  /** What lacks its state is not handled: the pass is run again with what it needs. */
  #skip(caseId: string, known: number): void {
    this.#attempting = undefined;
    this.#need(caseId, known);
    this.#member++;
  }

  #emit(row: string, type: string, { caseId, recordedAt }: Step): void {
    const version = (this.#heads.get(caseId) ?? this.#lastLines.get(caseId)!) + 1;
    this.#heads.set(caseId, version);
    this.#outputs.write(row, version);
    if (this.#outputs.characters > this.#request.bounds.outputs) this.#refuse("bounds");
    const step = { caseId, type, version, recordedAt, position: undefined, wire: () => wireOf(row, caseId) };
    const made = this.#made.get(caseId);
    if (made === undefined) this.#made.set(caseId, [step]);
    else made.push(step);
  }

  #countDelivery(isChained: boolean): void {
    const place = { line: this.#line - 1, member: this.#member, isChained };
    this.onProgress(this.handled, writePlace(place, this.#members.length));
    if (this.handled >= this.#request.bounds.deliveries) this.#refuse("bounds");
  }

  #refuse(reason: NotFused): never {
    this.refusal = reason;
    throw new Error(`No pass: ${reason}`);
  }

  /** Everything up to the last line is asked for: what was made after it is known here. */
  #need(caseId: string, known: number): void {
    const after = Math.min(known, this.#missing.get(caseId)?.after ?? known);
    this.#missing.set(caseId, { caseId, after, before: this.#lastLines.get(caseId)! + 1 });
  }

  /** The pass was stored: its states may be built on. */
  commit(): void {
    for (const { states } of this.#members) states.commit();
  }

  result(): PassResult {
    for (const { spans } of this.#members) spans?.flush();
    return this.#outputs.result();
  }
}

/** What no pass can handle: it is known before anything is. */
function refusalOf(deliveries: readonly Delivery[]): NotFused | undefined {
  if (deliveries.some(({ held }) => held)) return "held";
  return deliveries.some(({ malformed }) => malformed !== undefined) ? "failed" : undefined;
}

/** Whether an event is to be handled: a line of its own stretch, or what the pass made. */
function isDue(
  { takes, from, to, isCaughtUp }: MemberRun,
  { type, position }: StepPlace,
): boolean {
  if (!takes.has(type)) return false;
  return position === undefined ? isCaughtUp : position > from && position <= to;
}

/** Whether it comes behind something that is unread: then it must not be folded yet. */
function isLater({ takes, to, isCaughtUp }: MemberRun, { type, position }: StepPlace): boolean {
  if (position === undefined) return !isCaughtUp;
  return position > to && (takes.has(type) || !isCaughtUp);
}
