import { assertEquals, assertMatch } from "@std/assert";
import { createMemoryBackend } from "../../../../backends/memory/memory_backend.ts";
import { Relay, type RelayOptions } from "../../../../actors/relay/relay.ts";
import { runRelay } from "../../../../actors/relay/relay_actor.ts";
import { rewound } from "../../../../actors/relay/relay_state.ts";
import type { Backend } from "../../../../backends/backend.ts";
import {
  type OutgoingEvent,
  type RelayTarget,
  TargetStopped,
  TargetUnavailable,
} from "../../../../backends/relay/target.ts";
import { toCloudEvent } from "../../../../schema/cloudevents/cloud_event.ts";
import { defaultNames } from "../../../../schema/cloudevents/event_names.ts";
import { anEvent, casesIn, someEvents } from "../../../support/events.ts";

/** A target in memory that refuses, fails and ends as it is told. */
class ScriptedTarget implements RelayTarget {
  readonly arrived: OutgoingEvent[] = [];
  isOpen = false;
  /** Called when it is opened. */
  onOpen: () => Promise<unknown> = () => Promise.resolve();
  failure: Error | undefined;
  refuses: (event: OutgoingEvent) => boolean = () => false;

  async open() {
    this.isOpen = true;
    await this.onOpen();
    return { progress: {} };
  }
  close = () => Promise.resolve(void (this.isOpen = false));
  send(events: readonly OutgoingEvent[]) {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const refused = events.filter(this.refuses);
    this.arrived.push(...events.filter((event) => !refused.includes(event)));
    return Promise.resolve({ refused: refused.map((event) => ({ event, reason: "no" })) });
  }

  get texts(): string[] {
    return this.arrived.map(({ stored }) => `${stored.event.correlation_id} ${stored.version}`);
  }
}

function relayOf(backend: Backend, target: RelayTarget, more: Partial<RelayOptions> = {}): Relay {
  return new Relay(backend, {
    ...{ name: "copy", to: "nowhere", owner: "node-1", target },
    shown: (stored) => toCloudEvent(stored, stored.event.data, defaultNames),
    ...more,
  });
}

/** After this long a relay looks whether it is still its own before it sends. */
const HUNG_MS = 2_000;
const signal = new AbortController().signal;
const untilIdle = (relay: Relay) =>
  runRelay(relay, { name: "copy", signal, isDone: (step) => step !== "moved" });

async function filled(): Promise<{ backend: Backend; a: string; b: string }> {
  const backend = createMemoryBackend({ partitions: 2 });
  const [[a], [b]] = [casesIn(0, 2, 1), casesIn(1, 2, 1)] as [[string], [string]];
  await backend.append([...someEvents(a, 3), ...someEvents(b, 2)]);
  return { backend, a, b };
}

Deno.test("a relay brings everything once, in order within a case, and goes on where another one left off", async () => {
  const { backend, a, b } = await filled();
  const first = new ScriptedTarget();
  assertEquals(await untilIdle(relayOf(backend, first)), "idle");
  assertEquals(first.texts.toSorted(), [`${a} 1`, `${a} 2`, `${a} 3`, `${b} 1`, `${b} 2`].toSorted());
  assertEquals(first.texts.filter((text) => text.startsWith(a)), [`${a} 1`, `${a} 2`, `${a} 3`]);
  await backend.append([anEvent(a, 9)]);
  const second = new ScriptedTarget();
  assertEquals(await untilIdle(relayOf(backend, second, { owner: "node-2" })), "idle");
  assertEquals(second.texts, [`${a} 4`]);
  assertEquals((await backend.relays.read("copy"))?.record.delivered, 6);
  await backend.close();
});

Deno.test("of a store that came from a backup nothing leaves until a person has accepted it", async () => {
  const { backend } = await filled();
  const origin = {
    backup: "b",
    moment: "2026-11-30T10:00:00Z",
    timeline: 2,
    restoredAt: "2026-11-30T11:00:00Z",
  };
  let restored: typeof origin | undefined = origin;
  const source = {
    partitions: backend.partitions,
    relays: backend.relays,
    readAll: backend.readAll.bind(backend),
    restoredFrom: () => Promise.resolve(restored),
  };
  const target = new ScriptedTarget();
  const relay = relayOf(source as unknown as Backend, target);
  assertEquals([await relay.step(), target.texts], ["paused", []]);
  restored = undefined;
  assertEquals(await untilIdle(relay), "idle");
  assertEquals(target.texts.length, 5);
  await backend.close();
});

Deno.test("what a target refuses is a dead letter, and nothing of its case overtakes it, until it is sent again", async () => {
  const { backend, a, b } = await filled();
  const target = new ScriptedTarget();
  target.refuses = ({ stored }) => stored.event.correlation_id === a;
  await untilIdle(relayOf(backend, target));
  target.refuses = () => false;
  await backend.append([anEvent(a, 9)]);
  await untilIdle(relayOf(backend, target));
  assertEquals(target.texts, [`${b} 1`, `${b} 2`]);
  const { record, revision } = (await backend.relays.read("copy"))!;
  assertEquals(record.letters.map(({ caseId }) => caseId), [a, a, a, a]);
  assertEquals(record.letters.at(-1)!.reason, "waits behind another one of its case");
  await backend.relays.write("copy", { ...record, isRetrying: true }, revision);
  await untilIdle(relayOf(backend, target));
  assertEquals(target.texts.slice(2), [`${a} 1`, `${a} 2`, `${a} 3`, `${a} 4`]);
  assertEquals((await backend.relays.read("copy"))?.record.letters, []);
  await backend.close();
});

Deno.test("a target that is away is waited for; one that has ended stops the relay until a person lets it go on", async () => {
  const { backend } = await filled();
  const target = new ScriptedTarget();
  const relay = relayOf(backend, target);
  target.failure = new TargetUnavailable("away");
  await relay.step().catch((error) => assertEquals(error, target.failure));
  assertEquals((await backend.relays.read("copy"))?.record.place, [0, 0]);
  target.failure = new TargetStopped("gone");
  assertEquals([await relay.step(), await relay.step()], ["stopped", "stopped"]);
  target.failure = undefined;
  const { record, revision } = (await backend.relays.read("copy"))!;
  assertEquals([record.state, record.why, target.arrived.length], ["stopped", "gone", 0]);
  await backend.relays.write("copy", { ...record, state: "running", why: null }, revision);
  await relay.close();
  await untilIdle(relayOf(backend, target));
  assertEquals(target.arrived.length, 5);
  await backend.close();
});

Deno.test("a relay that another one runs waits, and what it lost it writes no more", async () => {
  const { backend, a } = await filled();
  const [one, other] = [new ScriptedTarget(), new ScriptedTarget()];
  const [first, second] = [relayOf(backend, one), relayOf(backend, other, { owner: "node-2" })];
  assertEquals([await first.step(), await second.step()], ["moved", "waiting"]);
  const { record, revision } = (await backend.relays.read("copy"))!;
  await backend.relays.write("copy", rewound(record, 1), revision);
  assertEquals(await second.step(), "moved");
  await backend.append([anEvent(a, 9)]);
  assertEquals(await first.step(), "moved");
  assertEquals([await first.step(), first.record], ["waiting", undefined]);
  const kept = (await backend.relays.read("copy"))!.record;
  assertEquals([kept.owner, kept.place], ["node-2", record.place]);
  await Promise.all([first.close(), second.close()]);
  await backend.close();
});

Deno.test("what a relay lost while it hung or was opened is closed, so that whoever has it can open it", async () => {
  const { backend, a } = await filled();
  const target = new ScriptedTarget();
  const relay = relayOf(backend, target);
  const loseIt = async () => {
    const { record, revision } = (await backend.relays.read("copy"))!;
    await backend.relays.write("copy", { ...rewound(record, 1), owner: "node-2" }, revision);
  };
  target.onOpen = loseIt;
  assertEquals([await relay.step(), target.isOpen], ["waiting", false]);
  target.onOpen = () => Promise.resolve();
  const { record, revision } = (await backend.relays.read("copy"))!;
  await backend.relays.write("copy", { ...record, owner: null }, revision);
  assertEquals([await relay.step(), target.isOpen], ["moved", true]);
  await backend.append([anEvent(a, 9)]);
  await loseIt();
  const now = performance.now;
  performance.now = () => now.call(performance) + HUNG_MS;
  try {
    assertEquals([await relay.step(), target.isOpen], ["waiting", false]);
  } finally {
    performance.now = now;
  }
  await relay.close();
  await backend.close();
});

Deno.test("only the types that are asked for leave, from the position that is asked for", async () => {
  const { backend, a } = await filled();
  await backend.append([anEvent(a, 9, "case.withdrawn")]);
  const [withdrawals, later] = [new ScriptedTarget(), new ScriptedTarget()];
  await untilIdle(relayOf(backend, withdrawals, { types: ["case.withdrawn"] }));
  await untilIdle(relayOf(backend, later, { name: "later", fromPosition: 5 }));
  assertEquals(withdrawals.texts, [`${a} 4`]);
  assertEquals(later.arrived.map(({ stored }) => stored.position), [5, 6]);
  await backend.close();
});

Deno.test("a relay that is ahead of its log, which was restored, stops and says so", async () => {
  const { backend } = await filled();
  await untilIdle(relayOf(backend, new ScriptedTarget()));
  const { record, revision } = (await backend.relays.read("copy"))!;
  await backend.relays.write("copy", { ...record, place: [3, 900] }, revision);
  assertEquals(await untilIdle(relayOf(backend, new ScriptedTarget())), "stopped");
  assertMatch((await backend.relays.read("copy"))!.record.why!, /ahead of the log/);
  await backend.close();
});
