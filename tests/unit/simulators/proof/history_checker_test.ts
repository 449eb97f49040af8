/** The checker is checked: every violation that is planted in a sound history is found, and by its name. @module */
import { assert, assertEquals } from "@std/assert";
import type { RunHistory, SettleAttempt } from "../../../../simulators/proof/history.ts";
import { checkHistory, type InvariantName } from "../../../../simulators/proof/history_checker.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import { anEvent } from "../../../support/events.ts";

const intake = anEvent("case-1", 1);
const analysis = caused("case.analysis", intake.event_id, "intake@1");
const decision = caused("case.decision", analysis.event_id, "analysis@1");
const payment = anEvent("case-1", 2, "case.payment_received");
const events = [intake, analysis, decision, payment].map(stored);

function caused(type: "case.analysis" | "case.decision", causation_id: string, source: string) {
  const event = anEvent("case-1", 1, type);
  return {
    ...event,
    metadata: { ...event.metadata, causation_id, source },
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
  const range = { from: positions[0]! - 1, to: positions.at(-1)!, positions, failed: [] };
  const result = "settled" as const;
  return { ...place, ...range, begunAt, endedAt: begunAt + 10, result, ...more } as SettleAttempt;
}

function won(processor: string, epoch: number, at: number) {
  return { node: "a", life: "1", processor, partition: 0, epoch, at };
}

/** A history in which everything went well: poison was tried twice and is dead, its case held behind it. */
function sound(): RunHistory {
  const failed = [{ position: 4, attempt: 2, outcome: "deadLetter" }] as const;
  return {
    accepted: [intake.event_id, payment.event_id],
    sent: [],
    poison: [payment.event_id],
    flaky: [],
    attempts: [
      attempt("intake", [1], 1, 100),
      attempt("analysis", [2], 1, 200),
      attempt("decision", [3], 1, 300),
      attempt("follow_up", [4], 1, 400, { failed }),
    ],
    leasesAcquired: ["intake", "analysis", "decision", "follow_up"].map((name) => won(name, 1, 0)),
    observed: [{ node: "a", life: "1", what: "dead_letter", at: 410, ids: {} }],
    inFlight: [{ node: "a", bytes: 100, bound: 1_000 }],
    crashes: [],
    killed: [],
    stored: {
      events,
      unsettled: 0,
      deadLetters: [{
        processor: "follow_up",
        partition: 0,
        caseId: "case-1",
        event: events[3]!,
        failures: [{ class: "Error", message: "", at: "" }],
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
    maxAttempts: 2,
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
      stored: { events: events.slice(0, 2), deadLetters: [], unsettled: 0 },
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
      leasesAcquired: [...sound().leasesAcquired, won("analysis", 2, 150)],
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
      const again = { ...analysis, event_id: anEvent("case-1", 9).event_id };
      return [...all, stored(again, 4)];
    }),
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
      const late = {
        ...caused("case.decision", intake.event_id, "analysis@1"),
        event_id: anEvent("case-1", 8).event_id,
      };
      return [...all, stored(late, 4)];
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
  "a dead letter that tells nothing": {
    history: {
      ...sound(),
      stored: { ...sound().stored, deadLetters: [{ ...sound().stored.deadLetters[0]!, failures: [] }] },
    },
    breaks: "I4",
  },
  "a settle under an epoch that had ended": {
    history: { ...sound(), leasesAcquired: [...sound().leasesAcquired, won("decision", 2, 250)] },
    breaks: "I5",
  },
  "more in hand than the bound": {
    history: { ...sound(), inFlight: [{ node: "a", bytes: 1_001, bound: 1_000 }] },
    breaks: "I6",
  },
  "poison that is no dead letter": {
    history: { ...sound(), poison: [payment.event_id, "other"] },
    breaks: "I7",
  },
  "an innocent event that is dead": { history: { ...sound(), poison: [] }, breaks: "I7" },
  "a try beyond the limit": { history: { ...sound(), maxAttempts: 1 }, breaks: "I7" },
  "a dead letter that was not told": { history: { ...sound(), observed: [] }, breaks: "I8" },
  "a process that ended by itself": { history: { ...sound(), crashes: ["a: bug"] }, breaks: "I8" },
  "an event that nobody sent": {
    history: { ...sound(), accepted: [intake.event_id] },
    breaks: "unexpected",
  },
};

for (const [what, { history, breaks }] of Object.entries(planted)) {
  Deno.test(`the checker finds ${what} (${breaks})`, () => {
    assert(broken(history).includes(breaks), `found: ${broken(history)}`);
  });
}

Deno.test("what a killed process could not tell is not held against it", () => {
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
      leasesAcquired: [...history.leasesAcquired, won("analysis", 2, 205)],
    }),
    [],
  );
});

Deno.test("a settle that began before its epoch ended may end after it", () => {
  assertEquals(
    broken({ ...sound(), leasesAcquired: [...sound().leasesAcquired, won("decision", 2, 305)] }),
    [],
  );
});
