/**
 * Decides a slice of history by the current version and by a candidate, and counts where they differ. It is handed lines in
 * their order, with all lines of a case; it stores nothing and has no effect. One version is in effect at a time: the
 * current one decides a batch first, then the candidate the same points.
 * @module
 */
import {
  assess,
  type Candidate,
  grantMandates,
  putInEffect,
  type ReadyCandidate,
  readyCandidate,
  type SystemMandate,
} from "../../actors/application.ts";
import type { AnyProcessor, HandlerResult } from "../../actors/processor.ts";
import { maskCaseId, redactBsns } from "../../schema/bsn.ts";
import { decodeEvent } from "../../schema/codec.ts";
import { parseStoredLine, type StoredEvent } from "../../schema/delivery_line.ts";
import type { CaseEvent, EventOf, WireEvent } from "../../schema/events.ts";
import { withMoment } from "../../schema/time/moment.ts";
import { dimensions } from "./case_facts.ts";
import { playCase, type PlayedCase } from "./case_play.ts";
import {
  addFigures,
  cellOf,
  type ComparisonFigures,
  EXAMPLES_EACH,
  MOST_FIRST,
  noFigures,
  type PointDifference,
} from "./comparison_figures.ts";
import { decides, handled, shownResult } from "./decision_point.ts";
import { differenceOf, outcomeLabel, ruleOf } from "./outcome.ts";
import { playedSums } from "./played_sums.ts";
import { type RecordedCase, RecordedCases } from "./recorded_cases.ts";

export interface ComparisonSettings {
  readonly candidate: Candidate;
  /** Under which the history was decided: they hold in both versions, unless the candidate names its own. */
  readonly mandates: readonly SystemMandate[];
  /** `decisions`: each decision alone, on the recorded facts. `whole`: a case is played on from its first difference. */
  readonly mode: "decisions" | "whole";
  /** Of the citizen who plays on. */
  readonly seed: string;
  /** What was compared before: up to this position events are only folded. */
  readonly doneUpTo: number;
  /** The numbers of the cases that were found to differ by then. */
  readonly differing: readonly number[];
  /** Cases that came in later are left out, in milliseconds. */
  readonly until: number;
}

/** What a batch of lines came to. */
export interface BatchComparison {
  readonly figures: ComparisonFigures;
  /** The numbers of cases that were found to differ. */
  readonly differing: readonly number[];
}

/** One event handed to one processor. */
interface Point {
  readonly found: RecordedCase;
  readonly event: CaseEvent;
  readonly stored: StoredEvent;
  readonly index: number;
  readonly states: readonly unknown[];
  readonly trigger: WireEvent | undefined;
  readonly before: HandlerResult | Error;
}

interface Divergence {
  readonly point: Point;
  readonly after: PlayedCase;
}

export class HistoryComparison {
  readonly #processors: readonly AnyProcessor[];
  readonly #settings: ComparisonSettings;
  readonly #candidate: ReadyCandidate;
  readonly #cases: RecordedCases;
  /** Examples of each cell so far: more are not needed. */
  readonly #examples = new Map<string, number>();
  #figures = noFigures();
  #differing: number[] = [];
  #diverged: Divergence[] = [];
  #firsts = 0;
  /** Those of a batch, for a model to assess. */
  readonly #intakes: [RecordedCase, EventOf<"case.intake">][] = [];

  constructor(processors: readonly AnyProcessor[], settings: ComparisonSettings) {
    this.#processors = processors;
    this.#settings = settings;
    grantMandates(settings.mandates);
    this.#candidate = readyCandidate(settings.candidate);
    this.#cases = new RecordedCases(processors, {
      until: settings.until,
      differing: new Set(settings.differing),
    });
  }

  /** Compares the next lines. */
  compare(lines: readonly string[]): BatchComparison {
    this.#figures = noFigures();
    this.#differing = [];
    this.#diverged = [];
    putInEffect();
    const points = lines.flatMap((line) => this.#decideByCurrent(parseStoredLine(line)));
    putInEffect(this.#candidate);
    this.#reassess();
    for (const point of points) this.#decideByCandidate(point);
    putInEffect();
    for (const divergence of this.#diverged) this.#playByCurrent(divergence);
    return { figures: this.#figures, differing: this.#differing };
  }

  #decideByCurrent(stored: StoredEvent): Point[] {
    const { event: wire, version, recordedAt, position } = stored;
    const found = this.#cases.find(wire, version, recordedAt);
    if (found === undefined) return [];
    const isDone = position <= this.#settings.doneUpTo;
    if (!isDone) this.#figures.events++;
    try {
      if (stored.malformed !== undefined) throw new TypeError(stored.malformed.reason);
      const event = decodeEvent(withMoment(wire, recordedAt));
      if (event.event_type === "case.intake") this.#intakes.push([found, event]);
      const points = this.#pointsAt(found, event, stored, isDone);
      this.#cases.fold(found, event, wire);
      return isDone ? [] : points;
    } catch {
      if (!isDone) this.#figures.unreadable++;
      return [];
    }
  }

  #pointsAt(found: RecordedCase, event: CaseEvent, stored: StoredEvent, isDone: boolean): Point[] {
    const isFirst = found.rule === undefined && decides(event);
    // What was compared before is decided again only for the rule that its case is counted under.
    if (isDone && !isFirst) return [];
    if (found.differs && this.#settings.mode === "whole" && !isFirst) return [];
    const { states, trigger } = found;
    const points: Point[] = [];
    this.#processors.forEach((processor, index) => {
      if (!processor.takes.includes(event.event_type) || event.event_type === "case.intake") return;
      const before = handled(processor, event, states[index], stored);
      points.push({ found, event, stored, index, states, trigger, before });
    });
    if (isFirst) this.#countCase(found, points, isDone);
    return points;
  }

  #countCase(found: RecordedCase, points: readonly Point[], isDone: boolean): void {
    const [first] = points;
    found.rule = first === undefined || first.before instanceof Error ? "no rule" : ruleOf(first.before);
    if (isDone) return;
    this.#figures.cases++;
    for (const row of this.#rowsOf(found)) row.cases++;
  }

  #rowsOf({ facts, rule = "no rule" }: RecordedCase) {
    const values = { ...facts.values, rule };
    return dimensions.map((name) =>
      this.#figures.breakdowns[name][values[name]] ??= { cases: 0, differing: 0, cents: 0 }
    );
  }

  #decideByCandidate(point: Point): void {
    const { found, event, stored, index, states } = point;
    if (found.differs && this.#settings.mode === "whole") return;
    const after = handled(this.#processors[index]!, this.#asAssessed(found, event), states[index], stored);
    if (point.before instanceof Error) return void this.#figures.undecided++;
    if (after instanceof Error) return this.#fail(point, after);
    this.#judge(point, point.before, after);
  }

  /** Another model assesses the case anew; the recorded assessment is left aside where that differs from it. */
  #reassess(): void {
    const intakes = this.#intakes.splice(0);
    if (this.#candidate.model === undefined) return;
    for (const [found, { data, metadata, timestamp }] of intakes) {
      found.reassessed = assess(data, metadata, timestamp);
    }
  }

  #asAssessed({ reassessed }: RecordedCase, event: CaseEvent): CaseEvent {
    if (event.event_type !== "case.analysis" || reassessed === undefined) return event;
    return { ...event, data: reassessed };
  }

  #fail({ found, stored, index }: Point, error: Error): void {
    this.#figures.failures++;
    if (this.#figures.failed.length >= MOST_FIRST) return;
    this.#figures.failed.push({
      position: stored.position,
      caseId: maskCaseId(found.id),
      processor: this.#processors[index]!.name,
      error: redactBsns(`${error.name}: ${error.message}`).slice(0, 300),
    });
  }

  #judge(point: Point, before: HandlerResult, after: HandlerResult): void {
    const [was, is] = [outcomeLabel(before), outcomeLabel(after)];
    if (was === "nothing" && is === "nothing") return;
    const { claim, person } = point.found.facts;
    const cell = this.#figures.matrix[cellOf(was, is)] ??= {
      points: 0,
      cents: 0,
      people: [],
      groundsOnly: 0,
    };
    this.#figures.points++;
    cell.points++;
    cell.cents += claim;
    const difference = differenceOf(before, after);
    if (difference === "wording") this.#figures.wording++;
    if (difference !== "grounds") return;
    if (was === is) cell.groundsOnly++;
    cell.people.push(person);
    this.#figures.differences++;
    this.#keepExample(point, [was, is], [before, after]);
    if (!point.found.differs) this.#differs(point);
  }

  /** The first difference of a case. */
  #differs(point: Point): void {
    const { found, event } = point;
    found.differs = true;
    this.#differing.push(found.number);
    this.#figures.differingCases++;
    for (const row of this.#rowsOf(found)) {
      row.differing++;
      row.cents += found.facts.claim;
    }
    if (this.#settings.mode === "decisions") return;
    const after = this.#play(point, this.#asAssessed(found, event));
    if (after instanceof Error) this.#fail(point, after);
    else this.#diverged.push({ point, after });
  }

  #keepExample(
    { found, stored, event, index }: Point,
    [before, after]: readonly [string, string],
    results: readonly [HandlerResult, HandlerResult],
  ): void {
    const difference: PointDifference = {
      position: stored.position,
      caseId: maskCaseId(found.id),
      eventType: event.event_type,
      processor: this.#processors[index]!.name,
      before,
      after,
      claim: found.facts.claim,
    };
    if (this.#firsts++ < MOST_FIRST) this.#figures.first.push(difference);
    const cell = cellOf(before, after);
    const kept = this.#examples.get(cell) ?? 0;
    if (kept >= EXAMPLES_EACH) return;
    this.#examples.set(cell, kept + 1);
    (this.#figures.examples[cell] ??= []).push({
      ...difference,
      sides: [shownResult(results[0]), shownResult(results[1])],
    });
  }

  #playByCurrent({ point, after }: Divergence): void {
    const before = this.#play(point, point.event);
    if (before instanceof Error) return void this.#figures.undecided++;
    const figures = noFigures();
    figures.played[cellOf(before.outcome, after.outcome)] = playedSums(before, after);
    addFigures(this.#figures, figures);
  }

  #play({ found, states, stored, trigger }: Point, event: CaseEvent): PlayedCase | Error {
    const { id: caseId, openedAt } = found;
    const moment = { caseId, openedAt, states, trigger, version: stored.version, event };
    try {
      return playCase(this.#processors, moment, this.#settings.seed);
    } catch (error) {
      return error instanceof Error ? error : new Error("a handler threw what is no error");
    }
  }
}
