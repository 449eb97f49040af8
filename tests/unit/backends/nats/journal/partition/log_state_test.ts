import { assertEquals } from "@std/assert";
import { LogState } from "../../../../../../backends/nats/journal/partition/log_state.ts";
import { NO_CHANGES, type RecordHead } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead } from "../../../../../support/nats_log/records.ts";

let sequence = 0;
function stateOf(...heads: Partial<RecordHead>[]): LogState {
  const state = new LogState();
  for (const head of heads) {
    const record = { kind: "record", head: aHead(head), changes: NO_CHANGES, events: [] } as const;
    state.absorb({ sequence: ++sequence, record });
  }
  return state;
}

Deno.test("a node that took the partition owns it until another one does, or it gives it up", () => {
  const take = (epoch: number, node: string) => ({ kind: "take", epoch, node }) as const;
  assertEquals(stateOf(take(1, "a")).owner, "a");
  assertEquals(stateOf(take(1, "a"), take(2, "b")).owner, "b");
  assertEquals(stateOf(take(1, "a"), { epoch: 1, released: true }).owner, undefined);
  assertEquals(stateOf(take(1, "a"), take(2, "b"), { epoch: 1, released: true }).owner, "b");
});

Deno.test("a processor is where its last move has left it, and the next move clears what was in flight", () => {
  const inFlight = { first: 1, last: 2, exclusive: false };
  const move = (from: number, to: number, more = {}) => ({
    recordedAt: to,
    processors: [{ name: "p", from, to, epoch: 3, ...more }],
  });
  const at = stateOf(move(0, 8)).processor("p");
  assertEquals(at, {
    ...{ checkpoint: 8, epoch: 3, inFlight: undefined, settledAt: 8 },
    ...{ owner: undefined, takes: [] },
  });
  assertEquals(stateOf(move(0, 8), move(8, 8, { inFlight })).processor("p").inFlight, inFlight);
  assertEquals(stateOf(move(0, 8, { inFlight }), move(8, 9)).processor("p").inFlight, undefined);
  assertEquals(stateOf(move(0, 8)).processor("other").checkpoint, 0);
});

Deno.test("a processor is its node's from when it is hosted until it is given back, and keeps its place and its mark", () => {
  const inFlight = { first: 1, last: 2, exclusive: false };
  const at = { name: "p", from: 8, to: 8 };
  const [moved, hosted] = [{ ...at, from: 0, epoch: 1 }, { ...at, epoch: 2, host: "n", takes: ["t"] }];
  const run = (...processors: RecordHead["processors"]) =>
    stateOf({ recordedAt: 5, processors }).processor("p");
  const expected = { checkpoint: 8, epoch: 2, inFlight, settledAt: 5, owner: "n", takes: ["t"] };
  assertEquals(run(moved, { ...at, epoch: 1, inFlight }, hosted), expected);
  const released = run(moved, { ...at, epoch: 1, inFlight }, hosted, { ...at, epoch: 2, released: true });
  assertEquals(released, { ...expected, inFlight: undefined, owner: undefined });
});

Deno.test("a parked case is what the last record says of it", () => {
  const state = new LogState();
  const waiting = [{
    position: 1,
    eventId: "e",
    state: "held",
    attempts: 0,
    failures: [],
    dueAt: 0,
    since: 0,
  }] as const;
  const park = (at: number, list: typeof waiting | []) => {
    const changes = { ...NO_CHANGES, parked: [{ processor: "p", caseId: "c", waiting: list }] };
    state.absorb({ sequence: at, record: { kind: "record", head: aHead(), changes, events: [] } });
  };
  park(1, waiting);
  assertEquals(state.parkedOf("p").get("c"), waiting);
  park(1, []);
  assertEquals(state.parkedOf("p").size, 1);
  park(2, []);
  assertEquals(state.parkedOf("p").size, 0);
  assertEquals(state.parkedOf("other").size, 0);
});

Deno.test("what is paused is what the last record says of it, and outlives a state that is kept", () => {
  const pause = {
    kind: "processor",
    name: "intake",
    by: "ann",
    why: "wrong table",
    at: "2026-03-02T10:00:00Z",
  } as const;
  const state = new LogState();
  const absorb = (state: LogState, verb: "pause" | "resume") => {
    const changes = { ...NO_CHANGES, pauses: [{ verb, pause }] };
    state.absorb({ sequence: ++sequence, record: { kind: "record", head: aHead({}), changes, events: [] } });
  };
  absorb(state, "pause");
  const kept = new LogState(JSON.parse(JSON.stringify(state.snapshot())));
  assertEquals([...kept.pauses.values()], [pause]);
  absorb(kept, "resume");
  assertEquals([[...kept.pauses.values()], kept.snapshot().pauses], [[], undefined]);
});
