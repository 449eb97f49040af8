import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventIdConflict } from "../../../../backends/errors.ts";
import { MemoryStore } from "../../../../backends/memory/memory_store.ts";
import { createMemoryBackend } from "../../../../backends/memory/memory_backend.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import { reactionsTo } from "../../../../simulators/citizen/reactions.ts";
import { type CitizenOptions, simulateCitizen } from "../../../../simulators/citizen/citizen_simulation.ts";
import { ReactionSchedule } from "../../../../simulators/citizen/reaction_schedule.ts";
import { EventTail } from "../../../../simulators/citizen/event_tail.ts";
import { anEvent } from "../../../support/events.ts";

const YEAR_MS = 366 * 86_400_000;

function stored(position: number, event: WireEvent): StoredEvent {
  return { position, version: 1, recordedAt: 0, event };
}

async function* from(log: readonly StoredEvent[], position: number) {
  for (const each of log.filter((each) => each.position >= position)) yield await Promise.resolve(each);
}

async function positionsOf(tail: EventTail): Promise<number[]> {
  const found: number[] = [];
  for await (const { position } of tail.unseenEvents()) found.push(position);
  return found;
}

Deno.test("a position that becomes visible late is not missed, and nothing is told twice", async () => {
  let now = 0, log = [stored(1, anEvent("a", 1)), stored(9, anEvent("a", 2))];
  const tail = new EventTail({ read: (position) => from(log, position), real: () => now });
  assertEquals(await positionsOf(tail), [1, 9]);
  now += 5_000;
  log = [stored(1, anEvent("a", 1)), stored(5, anEvent("b", 1)), stored(9, anEvent("a", 2))];
  assertEquals(await positionsOf(tail), [], "beyond the short look back");
  now += 30_000;
  assertEquals(await positionsOf(tail), [5]);
  now += 500_000;
  assertEquals(await positionsOf(tail), []);
});

/** Positions drawn in order, each visible some time after it was drawn, and in its partition after the one before. */
const anyCommits = fc.array(
  fc.record({ partition: fc.nat({ max: 3 }), gap: fc.nat({ max: 3_000 }), lasts: fc.nat({ max: 60_000 }) }),
  { minLength: 1, maxLength: 30 },
);

Deno.test("however late transactions commit and looks come, everything is told once", async () => {
  const anyPace = fc.array(fc.integer({ min: 50, max: 200_000 }), { minLength: 1, maxLength: 8 });
  await fc.assert(fc.asyncProperty(anyCommits, anyPace, async (commits, pace) => {
    let drawn = 0, now = 0;
    const free = [0, 0, 0, 0];
    const log = commits.map(({ partition, gap, lasts }, i) => {
      drawn = Math.max(drawn + gap, free[partition]!);
      free[partition] = drawn + lasts;
      return { visibleAt: drawn + lasts, stored: stored(i + 1, anEvent(`case-${partition}`, i)) };
    });
    const read = (position: number) =>
      from(log.filter(({ visibleAt }) => visibleAt <= now).map(({ stored }) => stored), position);
    const tail = new EventTail({ read, real: () => now });
    const reported: number[] = [];
    const end = Math.max(...free) + 100_000;
    for (let i = 0; now < end; now += pace[i++ % pace.length]!) reported.push(...await positionsOf(tail));
    reported.push(...await positionsOf(tail));
    assertEquals(reported.toSorted((x, y) => x - y), log.map(({ stored }) => stored.position));
  }));
});

Deno.test("a schedule gives what is due in time's order, and forgets what has happened or cannot any more", () => {
  const times = fc.array(fc.record({ time: fc.nat({ max: 1000 }), caseNo: fc.nat({ max: 5 }) }), {
    maxLength: 60,
  });
  fc.assert(fc.property(times, fc.nat({ max: 5 }), fc.nat({ max: 1000 }), (times, ended, until) => {
    const schedule = new ReactionSchedule();
    const all = times.map(({ time, caseNo }, i) => ({
      at: new Date(time).toISOString(),
      event: anEvent(`case-${caseNo}`, i),
    }));
    for (const reaction of [...all, ...all]) schedule.add(reaction);
    schedule.cancelCase(`case-${ended}`);
    const open = all.filter(({ event }) => event.correlation_id !== `case-${ended}`);
    if (open.length > 0) schedule.cancel(open.shift()!.event);
    assertEquals(schedule.size, open.length);
    const due = open.filter(({ at }) => Date.parse(at) <= until).map(({ at }) => at).sort();
    const byId = new Map(all.map(({ at, event }) => [event.event_id, at]));
    assertEquals(schedule.takeDue(until, Infinity).map(({ event_id }) => byId.get(event_id)), due);
    assertEquals(schedule.size, open.length - due.length);
  }));
});

/** A player against a memory backend, whose clock a test sets; every wait ends at once, `looks` times. */
async function play(
  options: Partial<CitizenOptions> & Pick<CitizenOptions, "read" | "append">,
  now: number,
  looks: number,
) {
  const stop = new AbortController();
  let real = 0;
  return await simulateCitizen({
    clock: { now: () => new Date(now) },
    signal: stop.signal,
    seed: "seed",
    real: () => real,
    wait: (ms) => {
      real += ms;
      if (--looks === 0) stop.abort();
      return Promise.resolve();
    },
    ...options,
  });
}

Deno.test("what is due is appended once, also by a player that starts anew, or with another seed", async () => {
  const shared = new MemoryStore();
  const backend = createMemoryBackend({ shared });
  try {
    const causes = Array.from({ length: 40 }, (_, i) => anEvent(`case-${i}`, 1, "case.payment_plan_created"));
    shared.append(causes, "any");
    const read = (fromPosition: number) => backend.readAll({ fromPosition });
    const append = (events: readonly WireEvent[]) => backend.append(events);
    const end = Date.parse(causes[0]!.timestamp) + YEAR_MS;
    const expected = causes.flatMap((cause) => reactionsTo(cause, "seed")).length;
    const early = await play({ read, append }, Date.parse("2026-02-10"), 3);
    assert(early.appended > 0 && early.scheduled > 0 && early.nextAt! > new Date("2026-02-10"));
    assertEquals(early.appended + early.scheduled, expected);
    const rest = await play({ read, append }, end, 3);
    assertEquals([rest.appended, rest.scheduled, rest.nextAt], [early.scheduled, 0, undefined]);
    const again = await play({ read, append }, end, 1);
    assertEquals([again.appended, again.skipped], [0, 0]);
    await play({ read, append, seed: "other" }, end, 1);
    const ids = ["seed", "other"].flatMap((seed) => causes.flatMap((cause) => reactionsTo(cause, seed)))
      .map(({ event }) => event.event_id);
    assertEquals((await Array.fromAsync(backend.readAll())).length, causes.length + new Set(ids).size);
    assert(new Set(ids).size < ids.length);
  } finally {
    await backend.close();
  }
});

Deno.test("what happened otherwise in a run before is skipped, and the rest of its batch is not", async () => {
  const log = [stored(1, anEvent("case-1", 1, "case.payment_plan_created"))];
  const [conflicting, ...others] = reactionsTo(log[0]!.event, "kept-0");
  const appended: string[] = [];
  const append = (events: readonly WireEvent[]) => {
    if (events.some(({ event_id }) => event_id === conflicting?.event.event_id)) {
      return Promise.reject(new EventIdConflict(conflicting!.event.event_id));
    }
    appended.push(...events.map(({ event_id }) => event_id));
    return Promise.resolve();
  };
  const { appended: played, skipped } = await play(
    { read: (p) => from(log, p), append, seed: "kept-0" },
    Date.parse("2027-01-01"),
    1,
  );
  assertEquals([played, skipped], [others.length, 1]);
  assertEquals(appended, others.map(({ event }) => event.event_id));
});

Deno.test("with a full memory the log is read on once there is room, and nothing is lost", async () => {
  const causes = Array.from({ length: 20 }, (_, i) => anEvent(`case-${i}`, 1, "case.payment_plan_created"));
  const log = causes.map((cause, i) => stored(i + 1, cause));
  const appended = new Set<string>();
  const append = (events: readonly WireEvent[]) => {
    for (const { event_id } of events) appended.add(event_id);
    return Promise.resolve();
  };
  await play({ read: (p) => from(log, p), append, maxScheduled: 2 }, Date.parse("2027-01-01"), 25);
  const expected = causes.flatMap((cause) => reactionsTo(cause, "seed")).map(({ event }) => event.event_id);
  assertEquals(appended, new Set(expected));
});
