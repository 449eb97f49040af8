/** The cases of a simulation and the two processors that handle them: small, and easy to check. @module */
import {
  type AnyProcessor,
  type EventDraft,
  type HandlerResult,
  type Processor,
  Reject,
} from "../../actors/processor.ts";
import { FORWARDER } from "../../actors/forwarding/forwarded_event.ts";
import type { EventOf, WireEvent } from "../../schema/events.ts";
import { derivedIds, reproducibleRootId } from "../../schema/ids.ts";
import type { PoisonEvent } from "../proof/history.ts";
import type { Conservation } from "../proof/ledger.ts";
import { START } from "./simulated_time.ts";

/** The processors of a simulation. */
export const processorNames = ["sorter", "answerer"] as const;
type ProcessorName = typeof processorNames[number];

/** How a delivery ends what handles it: the worker with an error or silently, or the whole node. */
export type AbruptExit = "kill_worker" | "hang_worker" | "kill_node";

/** What a poison delivery does to its handler at every attempt, until it is repaired. */
export const poisonActs = ["throw", "reject", "kill_worker", "hang_worker", "kill_node"] as const;
type FailureAct = typeof poisonActs[number] | "fail_once";

/** A delivery that fails: intake `n` of a case for the sorter, or what it makes of it for the answerer. */
export interface FailingDelivery {
  readonly caseId: string;
  readonly n: number;
  readonly processor: ProcessorName;
  readonly act: FailureAct;
  /** The fault that this is the effect of. */
  readonly fault: string;
}

/** What the handlers of a simulation have beside their event, against all rules. */
export interface FailureControls {
  isRepaired(): boolean;
  /** True at the first attempt of a delivery. */
  isFirstAttempt(eventId: string): boolean;
  recordEffect(fault: string, processor: string): void;
  /** Ends what runs the handler. */
  exit(how: AbruptExit): never;
}

/** Every second intake sets a timer that fires this much later. */
const TIMER_MS = 700;

/** Intake `n` of a case, marked with how its deliveries fail. */
export function intakeEvent(caseId: string, n: number, failing: readonly FailingDelivery[]): WireEvent {
  const marks = failing.filter((each) => each.caseId === caseId && each.n === n);
  return {
    event_id: intakeId(caseId, n),
    event_type: "case.intake",
    timestamp: new Date(START + n).toISOString(),
    correlation_id: caseId,
    data: {
      ...{ case_id: caseId, citizen_bsn: "123456782", debt_amount: 1250.5, debt_type: "huur" },
      ...{ organization: "gemeente", intake_channel: "online", priority: "normal", n },
      ...Object.fromEntries(marks.map(({ processor, act, fault }) => [processor, { act, fault }])),
    },
    metadata: { schema_version: 1 },
  };
}

type Intake = EventOf<"case.intake">;
type Analysis = EventOf<"case.analysis">;
type Expired = EventOf<"case.term_expired">;

function failAsMarked(controls: FailureControls, eventId: string, processor: string, mark: unknown): void {
  if (mark === undefined || controls.isRepaired()) return;
  const { act, fault } = mark as FailingDelivery;
  if (act === "fail_once" && !controls.isFirstAttempt(eventId)) return;
  controls.recordEffect(fault, processor);
  switch (act) {
    case "fail_once":
      throw new RangeError("not at first");
    case "throw":
      throw new TypeError("poison");
    case "reject":
      throw new Reject("not for us");
    default:
      controls.exit(act);
  }
}

/**
 * Answers every intake with an analysis, every second one with a timer besides, and every third one with an event for another
 * case. Its state: the intakes before.
 */
function sorter(controls: FailureControls): Processor<readonly unknown[], "case.intake", never> {
  return {
    name: "sorter",
    version: 1,
    takes: ["case.intake"],
    folds: [],
    sends: ["case.payment_missed"],
    initial: () => [],
    evolve: (seen, event) => [...seen, event.data.n],
    handle(event, seen) {
      failAsMarked(controls, event.event_id, "sorter", event.data.sorter);
      const { n } = event.data;
      const events = [analysis(event, seen), ...isSent(n) ? [sent(event)] : []];
      return { events, timers: Number(n) % 2 === 0 ? [timer(event)] : [] };
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

function isSent(n: unknown): boolean {
  return Number(n) % 3 === 1;
}

/** For a case that only this one writes to: there it must come in the order of the intakes. */
function sent({ data: { case_id, n } }: Intake): EventDraft {
  const to = `beside ${case_id}`;
  return { event_type: "case.payment_missed", to, data: { case_id: to, instalment: Number(n) } };
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
      failAsMarked(controls, event.event_id, "answerer", event.data.answerer);
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

/** Which types each processor takes, and the runtime where it forwards. */
export const processorInputs: Readonly<
  Record<ProcessorName | typeof FORWARDER["name"], readonly string[]>
> = {
  sorter: ["case.intake"],
  answerer: ["case.analysis", "case.term_expired"],
  [FORWARDER.name]: FORWARDER.takes,
};

/** Of which nothing comes in the same case. */
const ANSWERS = ["case.withdrawn", "case.addressed", "case.payment_missed"];

/** Every input has one output, every second intake a timer that fires, and every third one an event for another case. */
export const simulatedConservation: Conservation = ({ event_type, data }) => {
  if (ANSWERS.includes(event_type)) return undefined;
  if (event_type !== "case.intake") return [["case.withdrawn"]];
  const { n } = data;
  const followUps = ["case.analysis", ...Number(n) % 2 === 0 ? ["case.term_expired"] : []];
  return [...followUps, ...isSent(n) ? ["case.addressed"] : []].map((type) => [type]);
};

const expectedErrors = {
  ...{ throw: "TypeError", reject: "Reject" },
  ...{ kill_worker: "WorkerDied", hang_worker: "WorkerDied", kill_node: "NodeDied" },
};

/** The secret of every simulated store: the same seed gives the same run. */
export const SIMULATED_SECRET = "the same in every simulation, and no secret";
const idOf = derivedIds(SIMULATED_SECRET);

/** The poison that must become dead letters: of every case and processor the first one that nothing else holds up. */
export function expectedPoison(failing: readonly FailingDelivery[]): PoisonEvent[] {
  const blocking = new Set<string>();
  return failing.toSorted((a, b) => a.n - b.n).flatMap(({ caseId, n, processor, act }) => {
    const isBlocked = processorNames.slice(0, processorNames.indexOf(processor) + 1)
      .some((name) => blocking.has(`${name} ${caseId}`));
    if (act === "fail_once" || isBlocked) return [];
    blocking.add(`${processor} ${caseId}`);
    const intake = intakeId(caseId, n);
    const eventId = processor === "sorter" ? intake : idOf(intake, START + n, "sorter", 0);
    return [{ eventId, error: expectedErrors[act] }];
  });
}

function intakeId(caseId: string, n: number): string {
  return reproducibleRootId(START, caseId, "intake", n);
}
