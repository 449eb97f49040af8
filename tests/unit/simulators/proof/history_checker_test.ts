/** The checker is checked: every violation that is planted in a sound history is found, and by its name. @module */
import { assert, assertEquals } from "@std/assert";
import type { RunHistory, SettleAttempt } from "../../../../simulators/proof/history.ts";
import { checkHistory, type InvariantName } from "../../../../simulators/proof/history_checker.ts";
import { conservation } from "../../../../simulators/proof/conservation.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { FIXED_SECRET, fixedId } from "../../../support/misbehaving/fixed_ids.ts";
import type { DeadLetter } from "../../../../backends/dead_letters.ts";
import { anEvent } from "../../../support/events.ts";

const intake = anEvent("case-1", 1);
const analysis = caused("case.analysis", intake, "intake");
const decision = caused("case.decision", analysis, "analysis");
const payment = anEvent("case-1", 2, "case.payment_received");
const events = [intake, analysis, decision, payment].map(stored);

function caused(type: "case.analysis" | "case.decision", cause: WireEvent, processor: string, index = 0) {
  const event = anEvent("case-1", 1, type);
  const { event_id: causation_id, timestamp } = cause;
  return {
    ...event,
    event_id: fixedId(causation_id, Date.parse(timestamp), processor, index),
    metadata: { ...event.metadata, causation_id, source: `${processor}@1` },
    data: { ...event.data, decision: "collect" },
  };
}

function stored(event: StoredEvent["event"], i: number): StoredEvent {
  return { position: i + 1, version: i + 1, recordedAt: i, event };
}

function attempt(
  processor: string,
  positions: number[],
  epoch: number,
  begunAt: number,
  more: Partial<SettleAttempt> = {},
) {
  const place = { node: "a", life: "1", processor, partition: 0, epoch, kind: "fresh" } as const;
  const range = { from: positions[0]! - 1, to: positions.at(-1)!, positions, made: [], failed: [] };
  const result = "settled" as const;
  return { ...place, ...range, begunAt, endedAt: begunAt + 10, result, ...more } as SettleAttempt;
}

function acquired(processor: string, epoch: number, at: number) {
  return { node: "a", life: "1", processor, partition: 0, epoch, at };
}

/** A history in which everything went well: poison was tried twice and is dead, its case held behind it. */
function sound(): RunHistory {
  const failed = [{ position: 4, attempt: 2, outcome: "deadLetter" }] as const;
  return {
    accepted: [intake.event_id, payment.event_id],
    sent: [],
    poison: [{ eventId: payment.event_id, error: "TypeError" }],
    flaky: [],
    attempts: [
      attempt("intake", [1], 1, 100),
      attempt("analysis", [2], 1, 200),
      attempt("decision", [3], 1, 300),
      attempt("follow_up", [4], 1, 400, { failed }),
    ],
    leasesAcquired: ["intake", "analysis", "decision", "follow_up"].map((name) => acquired(name, 1, 0)),
    observed: [{ node: "a", life: "1", what: "dead_letter", at: 410, ids: {} }],
    inFlight: [{ node: "a", bytes: 100, maxBytes: 1_000, batches: 1, maxBatches: 4 }],
    workerExits: [],
    crashes: [],
    killed: [],
    redriven: [],
    stored: {
      secret: FIXED_SECRET,
      events,
      unsettled: 0,
      deadLetters: [{
        processor: "follow_up",
        partition: 0,
        caseId: "case-1",
        event: events[3]!,
        failures: ["TypeError", "WorkerDied"].map((name) => ({
          class: name,
          message: "it failed",
          at: "now",
        })),
        attempts: 2,
        held: 0,
        since: "",
      }],
    },
    takes: {
      intake: ["case.intake"],
      analysis: ["case.analysis"],
      decision: ["case.decision"],
      follow_up: ["case.payment_received"],
    },
    follows: conservation,
    maxAttempts: 2,
    clockSkewMs: 20,
  };
}

function broken(history: RunHistory): InvariantName[] {
  return checkHistory(history).findings.filter(({ broken }) => broken.length > 0).map(({ invariant }) =>
    invariant
  );
}

Deno.test("a sound history breaks nothing", () => {
  assertEquals(checkHistory(sound()).findings.flatMap(({ broken }) => broken), []);
  assert(checkHistory(sound()).ledger.balanced);
});

/** The history with other events in the store. */
function withEvents(change: (events: StoredEvent[]) => StoredEvent[]): RunHistory {
  const history = sound();
  return { ...history, stored: { ...history.stored, events: change([...history.stored.events]) } };
}

function withAttempts(change: (attempts: SettleAttempt[]) => SettleAttempt[]): RunHistory {
  const history = sound();
  return { ...history, attempts: change([...history.attempts]) };
}

/** The history with another dead letter. */
function withDeadLetter(change: Partial<DeadLetter>): RunHistory {
  const history = sound();
  return { ...history, stored: { ...history.stored, deadLetters: [{ ...deadLetter, ...change }] } };
}

const deadLetter = sound().stored.deadLetters[0]!;

const planted: Readonly<Record<string, { readonly history: RunHistory; readonly breaks: InvariantName }>> = {
  "an accepted event that is not stored": {
    history: { ...sound(), accepted: [...sound().accepted, "gone"] },
    breaks: "I1",
  },
  "an event that nothing followed": {
    history: {
      ...sound(),
      attempts: sound().attempts.slice(0, 2),
      accepted: [intake.event_id],
      stored: { events: events.slice(0, 2), deadLetters: [], unsettled: 0, secret: FIXED_SECRET },
    },
    breaks: "I1",
  },
  "a delivery that no settle covers": {
    history: withAttempts((all) => all.filter(({ processor }) => processor !== "analysis")),
    breaks: "I1",
  },
  "a delivery that only a fenced settle covers": {
    history: {
      ...withAttempts((all) =>
        all.map((each) => each.processor === "analysis" ? { ...each, result: "fenced" as const } : each)
      ),
      leasesAcquired: [...sound().leasesAcquired, acquired("analysis", 2, 150)],
      observed: [...sound().observed, { node: "a", life: "1", what: "fenced", at: 0, ids: {} }],
    },
    breaks: "I1",
  },
  "deliveries that still wait at the end": {
    history: { ...sound(), stored: { ...sound().stored, unsettled: 3 } },
    breaks: "I1",
  },
  "the same effect under two ids": {
    history: withEvents((all) => {
      return [...all, stored(caused("case.analysis", intake, "intake", 1), 4)];
    }),
    breaks: "I2",
  },
  "an effect under an id that is not derived": {
    history: withEvents((all) =>
      all.map((each) =>
        each.event === decision
          ? { ...each, event: { ...decision, event_id: anEvent("case-1", 9).event_id } }
          : each
      )
    ),
    breaks: "I2",
  },
  "versions out of order": {
    history: withEvents((all) => all.map((each, i) => i === 1 ? { ...each, version: 7 } : each)),
    breaks: "I3",
  },
  "deliveries of a case done out of order": {
    history: {
      ...withAttempts((all) => [...all, attempt("intake", [4], 1, 50)]),
      takes: { ...sound().takes, intake: ["case.intake", "case.payment_received"] },
    },
    breaks: "I3",
  },
  "an effect before that of an earlier cause": {
    history: withEvents((all) => {
      return [...all, stored(caused("case.decision", intake, "analysis"), 4)];
    }),
    breaks: "I3",
  },
  "a delivery that is done behind its dead letter": {
    history: {
      ...withEvents((all) => [...all, stored(anEvent("case-1", 3, "case.payment_received"), 4)]),
      attempts: [...sound().attempts, attempt("follow_up", [5], 1, 500)],
    },
    breaks: "I3",
  },
  "a dead letter that is not kept": {
    history: { ...sound(), poison: [], stored: { ...sound().stored, deadLetters: [] } },
    breaks: "I4",
  },
  "a dead letter that shows nothing": { history: withDeadLetter({ failures: [] }), breaks: "I4" },
  "a dead letter that shows one attempt of two": {
    history: withDeadLetter({ failures: deadLetter.failures.slice(1) }),
    breaks: "I4",
  },
  "a dead letter without a message": {
    history: withDeadLetter({ failures: deadLetter.failures.map((each) => ({ ...each, message: "" })) }),
    breaks: "I4",
  },
  "a dead letter with another error than its event causes": {
    history: withDeadLetter({ failures: deadLetter.failures.map((each) => ({ ...each, class: "Other" })) }),
    breaks: "I4",
  },
  "a settle under an epoch that had ended": {
    history: { ...sound(), leasesAcquired: [...sound().leasesAcquired, acquired("decision", 2, 250)] },
    breaks: "I5",
  },
  "more bytes in flight than the bound": {
    history: { ...sound(), inFlight: [{ ...sound().inFlight[0]!, bytes: 1_001 }] },
    breaks: "I6",
  },
  "more batches in flight than the bound": {
    history: { ...sound(), inFlight: [{ ...sound().inFlight[0]!, batches: 5 }] },
    breaks: "I6",
  },
  "poison that is no dead letter": {
    history: { ...sound(), poison: [...sound().poison, { eventId: "other" }] },
    breaks: "I7",
  },
  "an innocent event that is dead": { history: { ...sound(), poison: [] }, breaks: "I7" },
  "an event that is dead too early": { history: { ...sound(), maxAttempts: 3 }, breaks: "I7" },
  "a try beyond the limit": { history: { ...sound(), maxAttempts: 1 }, breaks: "I7" },
  "a dead letter that was not shown": { history: { ...sound(), observed: [] }, breaks: "I8" },
  "a worker that ended and was not shown": { history: { ...sound(), workerExits: ["1"] }, breaks: "I8" },
  "a process that ended by itself": { history: { ...sound(), crashes: ["a: bug"] }, breaks: "I8" },
  "an event that no producer sent": {
    history: { ...sound(), accepted: [intake.event_id] },
    breaks: "unexpected",
  },
};

for (const [what, { history, breaks }] of Object.entries(planted)) {
  Deno.test(`the checker finds ${what} (${breaks})`, () => {
    assert(broken(history).includes(breaks), `found: ${broken(history)}`);
  });
}

Deno.test("a dead letter that a person redrove need not be kept", () => {
  const history = withAttempts((all) => [...all, attempt("follow_up", [4], 1, 500)]);
  const { events } = history.stored;
  const redriven = {
    redriven: ["follow_up/4"],
    poison: [],
    stored: { events, deadLetters: [], unsettled: 0, secret: FIXED_SECRET },
  };
  assertEquals(broken({ ...history, ...redriven }), []);
});

Deno.test("what a killed process could not show is not held against it", () => {
  assertEquals(broken({ ...sound(), observed: [], killed: ["a"] }), []);
});

Deno.test("a settle that was done, not heard of and then fenced counts as done", () => {
  const history = withAttempts((all) =>
    all.map((each) => each.processor === "analysis" ? { ...each, result: "fenced" as const } : each)
  );
  const reported = [...history.observed, { node: "a", life: "1", what: "fenced", at: 0, ids: {} } as const];
  assertEquals(
    broken({
      ...history,
      observed: reported,
      leasesAcquired: [...history.leasesAcquired, acquired("analysis", 2, 205)],
    }),
    [],
  );
});

Deno.test("a settle that began before its epoch ended may end after it", () => {
  assertEquals(
    broken({ ...sound(), leasesAcquired: [...sound().leasesAcquired, acquired("decision", 2, 305)] }),
    [],
  );
});
