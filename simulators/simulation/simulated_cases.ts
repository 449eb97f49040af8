/** The cases of a simulation and the two processors that handle them: small, and easy to check. @module */
import {
  type AnyProcessor,
  type EventDraft,
  type HandlerResult,
  type Processor,
  Reject,
} from "../../actors/processor.ts";
import type { EventOf, WireEvent } from "../../schema/events.ts";
import { derivedId } from "../../schema/ids.ts";
import type { AbruptExit, PoisonFault, SimulatedFailure, SimulationPlan } from "./fault.ts";
import { START } from "./simulated_time.ts";

/** What handlers of a simulation lean on, against all rules: how a worker ends, and whether somebody mended the harm. */
export interface FailureControls {
  isRepaired(): boolean;
  /** True at the first attempt of a delivery. */
  isFirstAttempt(eventId: string): boolean;
  /** Ends what runs the handler. */
  exit(how: AbruptExit): never;
}

/** Every second intake sets a timer that goes off so much later. */
const TIMER_MS = 700;

/** Intake `n` of a case, with the harm that its deliveries do. */
export function intakeEvent(caseId: string, n: number, faults: SimulationPlan["faults"]): WireEvent {
  const poisons = faults.filter((fault): fault is PoisonFault =>
    fault.kind === "poison" && fault.caseId === caseId && fault.n === n
  );
  return {
    event_id: derivedId(caseId, START, "intake", n),
    event_type: "case.intake",
    timestamp: new Date(START + n).toISOString(),
    correlation_id: caseId,
    data: {
      ...{ case_id: caseId, citizen_bsn: "123456782", debt_amount: 1250.5, debt_type: "huur" },
      ...{ organization: "gemeente", intake_channel: "online", priority: "normal", n },
      ...Object.fromEntries(poisons.map(({ processor, act }) => [processor, act])),
    },
    metadata: { schema_version: 1 },
  };
}

type Intake = EventOf<"case.intake">;
type Analysis = EventOf<"case.analysis">;
type Expired = EventOf<"case.term_expired">;

function failAsPlanned(controls: FailureControls, eventId: string, what: unknown): void {
  if (what === undefined || controls.isRepaired()) return;
  switch (what as SimulatedFailure) {
    case "throw":
      throw new TypeError("poison");
    case "flaky":
      if (controls.isFirstAttempt(eventId)) throw new RangeError("not at first");
      return;
    case "reject":
      throw new Reject("not for us");
    case "kill":
    case "hang":
    case "kill_node":
      controls.exit(what as AbruptExit);
  }
}

/** Answers every intake with an analysis, and every second one with a timer besides. Its state: the intakes before. */
function sorter(controls: FailureControls): Processor<readonly unknown[], "case.intake", never> {
  return {
    name: "sorter",
    version: 1,
    takes: ["case.intake"],
    folds: [],
    initial: () => [],
    evolve: (seen, event) => [...seen, event.data.n],
    handle(event, seen) {
      failAsPlanned(controls, event.event_id, event.data.sorter);
      const { n } = event.data;
      return { events: [analysis(event, seen)], timers: Number(n) % 2 === 0 ? [timer(event)] : [] };
    },
  };
}

function analysis(event: Intake, seen: readonly unknown[]): EventDraft {
  const { case_id, n, answerer } = event.data;
  return {
    event_type: "case.analysis",
    data: {
      ...{ case_id, n, seen: seen.length, risk_score: 1, success_probability: 1, analysis_confidence: 1 },
      ...{
        recommended_action: "payment_plan" as const,
        estimated_savings: 100 as Intake["data"]["debt_amount"],
      },
      ...(answerer === undefined ? {} : { answerer }),
    },
  };
}

function timer({ data: { case_id, n } }: Intake) {
  const at = new Date(START + TIMER_MS + 10 * Number(n)).toISOString();
  const data = { case_id, n, term: "instalment" as const, due: "2026-02-01" };
  return {
    kind: "set" as const,
    name: `term-${n}`,
    at,
    event: { event_type: "case.term_expired" as const, data },
  };
}

/** What the answerer saw of a case. */
interface StateCounts {
  readonly intakes: number;
  readonly answered: number;
}

/** Acknowledges analyses and expired terms. Its state counts those, and the intakes, which it only folds. */
function answerer(
  controls: FailureControls,
): Processor<StateCounts, "case.analysis" | "case.term_expired", "case.intake"> {
  return {
    name: "answerer",
    version: 1,
    takes: ["case.analysis", "case.term_expired"],
    folds: ["case.intake"],
    initial: () => ({ intakes: 0, answered: 0 }),
    evolve: ({ intakes, answered }, { event_type }) =>
      event_type === "case.intake" ? { intakes: intakes + 1, answered } : { intakes, answered: answered + 1 },
    handle: (event, seen): HandlerResult => {
      failAsPlanned(controls, event.event_id, event.data.answerer);
      return { events: [{ event_type: "case.withdrawn", data: answer(event, seen) }] };
    },
  };
}

function answer({ data: { case_id } }: Analysis | Expired, { intakes, answered }: StateCounts) {
  return { case_id, reason: "simulated", intakes, answered };
}

/** The processors of one worker. */
export function processorsOf(controls: FailureControls): readonly AnyProcessor[] {
  return [sorter(controls), answerer(controls)];
}
