/** Where the fan-out is: its last message, or the durable copy; without either it asks, and never starts over by itself. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, headers } from "@nats-io/transport-deno";
import { BackendUnusable } from "../../../../backends/errors.ts";
import { FanOutHeld } from "../../../../backends/fan_out.ts";
import { setUpNats } from "../../../../backends/nats/setup/options.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { FanOutNode } from "../../../support/fan_out/fan_out_node.ts";
import { anEvent } from "../../../support/events.ts";
import { EventsStream, readFannedOut } from "../../../support/fan_out/subscribers.ts";
import { api, readEvents } from "../../../support/nats_store_check.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats, type TestNats } from "../../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats({ syncAlways: false });
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const storeOf = (stream: string) => ({ url: server.url, stream });

/** Cases `from` to `to`, an intake each. */
function intakes(from: number, to: number): WireEvent[] {
  return Array.from({ length: to - from + 1 }, (_, i) => anEvent(`case-${from + i}`, 1));
}

/** What has come under the names of these cases, in order. */
const casesOf = (found: readonly { caseId: string }[]) => found.map(({ caseId }) => caseId);

/** A node copies these events, and ends. */
async function copyOnce(stream: string, events: readonly WireEvent[]): Promise<void> {
  await using node = await FanOutNode.open(storeOf(stream));
  await using copied = await EventsStream.open(server.url, stream);
  const { last_seq } = await copied.state();
  await node.backend.append(events);
  await readFannedOut(server.url, events.length, { stream, from: last_seq + 1 });
}

/** What the stream has behind a sequence once these events have come too, which a new node copies. */
async function copiedBehind(stream: string, sequence: number, events: readonly WireEvent[]) {
  await using node = await FanOutNode.open(storeOf(stream));
  await node.backend.append(events);
  return await readFannedOut(server.url, events.length, { stream, from: sequence + 1 });
}

natsTest("an emptied stream goes on behind what was copied", async () => {
  await copyOnce("PURGED", intakes(1, 3));
  await using events = await EventsStream.open(server.url, "PURGED");
  await events.purge();
  assertEquals(casesOf(await copiedBehind("PURGED", 3, intakes(4, 5))).toSorted(), ["case-4", "case-5"]);
});

natsTest("events that age has taken are not copied again", async () => {
  await copyOnce("AGED", intakes(1, 3));
  await using events = await EventsStream.open(server.url, "AGED");
  const { max_age } = await events.config();
  await events.update({ max_age: 200_000_000 });
  await events.emptied();
  await events.update({ max_age });
  assertEquals(casesOf(await copiedBehind("AGED", 3, intakes(4, 5))).toSorted(), ["case-4", "case-5"]);
});

natsTest("a copy of the checkpoint that is behind is made up for by counting", async () => {
  await copyOnce("BEHIND", intakes(1, 6));
  await using events = await EventsStream.open(server.url, "BEHIND");
  const [, , third] = await readFannedOut(server.url, 6, { stream: "BEHIND" });
  await writeCopy("BEHIND", { position: third!.position, sequence: 3 });
  await events.purge();
  assertEquals(casesOf(await copiedBehind("BEHIND", 6, intakes(7, 7))), ["case-7"]);
});

natsTest("a stream that was made anew goes on behind what was copied, from sequence 1", async () => {
  await copyOnce("ANEW", intakes(1, 3));
  {
    await using events = await EventsStream.open(server.url, "ANEW");
    await events.remove();
  }
  assertEquals(casesOf(await copiedBehind("ANEW", 0, intakes(4, 5))).toSorted(), ["case-4", "case-5"]);
});

natsTest("a stream that is removed under a node at work is made anew, and nothing comes twice", async () => {
  const stream = "REMOVED";
  await using node = await FanOutNode.open(storeOf(stream));
  for (const from of [1, 4, 7]) {
    await node.backend.append(intakes(from, from + 2));
    const found = await readFannedOut(server.url, 3, { stream });
    assertEquals(casesOf(found).toSorted(), casesOf(intakes(from, from + 2).map(asFound)));
    await using events = await EventsStream.open(server.url, stream);
    await events.remove();
  }
});

natsTest("what others have written there takes no event's place", async () => {
  await copyOnce("FOREIGN", intakes(1, 2));
  const connection = await connect({ servers: server.url });
  await connection.request("foreign.intake.0", "not ours");
  await connection.close();
  assertEquals(casesOf(await copiedBehind("FOREIGN", 3, intakes(4, 4))), ["case-4"]);
});

natsTest("without a checkpoint it copies nothing, asks, and goes on as it is told", async () => {
  const stream = "ASKS";
  await copyOnce(stream, intakes(1, 3));
  await using events = await EventsStream.open(server.url, stream);
  const lose = async () => {
    await events.purge();
    await api(events.connection, `STREAM.PURGE.${stream}_index`, { filter: "asks-index.fan-out" });
  };
  for (const start of ["now", "beginning"] as const) {
    await lose();
    const { last_seq } = await events.state();
    await using node = await FanOutNode.open(storeOf(stream));
    await assertRejects(() => node.ended, FanOutHeld, "--fan-out-from");
    const { fanOut } = await node.backend.health();
    assertMatch(fanOut?.held ?? "", /does not know how far it came/);
    assertEquals((await events.state()).messages, 0);
    await setUpNats(storeOf(stream), false, { fanOutFrom: start });
    const before = start === "now" ? [] : await readEvents(server.url, stream);
    const next = intakes(start === "now" ? 4 : 5, start === "now" ? 4 : 5);
    await using again = await FanOutNode.open(storeOf(stream));
    await again.backend.append(next);
    const found = await readFannedOut(server.url, before.length + 1, { stream, from: last_seq + 1 });
    assertEquals(casesOf(found), [...casesOf(before), next[0]!.correlation_id]);
  }
});

natsTest("one that knows where it is takes no answer", async () => {
  await copyOnce("KNOWS", intakes(1, 1));
  const refused = () => setUpNats(storeOf("KNOWS"), false, { fanOutFrom: "beginning" });
  await assertRejects(refused, BackendUnusable, "nothing was changed");
});

natsTest("one that is ahead of its log asks too: others have seen what is gone", async () => {
  await copyOnce("AHEAD", intakes(1, 2));
  await using events = await EventsStream.open(server.url, "AHEAD");
  await writeCopy("AHEAD", { position: 4_096 * 1_000, sequence: (await events.state()).last_seq });
  await using node = await FanOutNode.open(storeOf("AHEAD"));
  await assertRejects(() => node.ended, FanOutHeld, "ahead of the log");
});

natsTest("a message of an event that the log has not at its place is of another log: it asks", async () => {
  const stream = "OTHER";
  await copyOnce(stream, intakes(1, 2));
  const [, last] = await readFannedOut(server.url, 2, { stream });
  const connection = await connect({ servers: server.url });
  const set = headers();
  set.set("ce-position", `${last!.position}`);
  set.set("ce-id", crypto.randomUUID());
  await connection.request("other.intake.0", "{}", { ...NATS_ANSWER, headers: set });
  await connection.close();
  await using node = await FanOutNode.open(storeOf(stream));
  await assertRejects(() => node.ended, FanOutHeld, "ahead of the log");
});

natsTest("what a narrowed fan-out has passed over is not copied later, nor what it has copied", async () => {
  for (const [stream, isBehind] of [["NARROW", false], ["NARROW_BEHIND", true]] as const) {
    const types = ["case.decision"];
    for (const n of [1, 2]) {
      await using node = await FanOutNode.open(storeOf(stream), { types });
      await node.backend.append([anEvent(`case-${n}`, 1), anEvent(`case-${n}`, 2, "case.decision")]);
      await readFannedOut(server.url, 1, { stream, from: n });
    }
    const [first] = await readFannedOut(server.url, 1, { stream });
    if (isBehind) await writeCopy(stream, { position: first!.position, sequence: 1, types });
    await using events = await EventsStream.open(server.url, stream);
    await events.purge();
    await using wide = await FanOutNode.open(storeOf(stream));
    await wide.backend.append(intakes(3, 3));
    assertEquals(casesOf(await readFannedOut(server.url, 1, { stream, from: 3 })), ["case-3"]);
  }
});

const asFound = ({ correlation_id: caseId }: WireEvent) => ({ caseId });

async function writeCopy(stream: string, copy: object): Promise<void> {
  const connection = await connect({ servers: server.url });
  await connection.request(`${stream.toLowerCase()}-index.fan-out`, JSON.stringify(copy));
  await connection.close();
}
