import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { verifyRecords } from "../../../../../../backends/nats/journal/chain/verify_records.ts";
import { LINK_HEADER, linkOf } from "../../../../../../backends/nats/journal/record/link.ts";
import { MemoryLog } from "../../../../../support/nats_log/memory_log.ts";
import { anOwner, MemoryNode } from "../../../../../support/nats_log/memory_node.ts";
import { answerLost } from "../../../../../support/nats_log/memory_log.ts";
import { pendingEvent } from "../../../../../support/nats_log/records.ts";

type Messages = MemoryLog["messages"];

async function* messagesIn(messages: Messages) {
  for (const { sequence: position, payload: data, link } of await Promise.resolve(messages)) {
    yield { position, data, header: (name: string) => name === LINK_HEADER ? link : undefined };
  }
}

const verify = (messages: Messages, kept?: Parameters<typeof verifyRecords>[2]) =>
  verifyRecords(messagesIn(messages), 0, kept);

/** A log of six records: the one that takes the partition, and five with two events each. */
async function aLog(): Promise<MemoryLog> {
  const log = new MemoryLog();
  const { append } = await anOwner(log).then((node) => ({ append: node.append.bind(node) }));
  for (let n = 0; n < 5; n++) await append(`case-${n}`, [1, 2]);
  return log;
}

function withByteChanged(message: Messages[number], at: number): Messages[number] {
  const payload = message.payload.slice();
  payload[at]! ^= 1;
  return { ...message, payload };
}

Deno.test("every record is a block behind the one before, whoever wrote it and however its answer was lost", async () => {
  const log = await aLog();
  const other = new MemoryNode(log, "other");
  await other.writer.takeOver();
  other.client.faults.push(answerLost());
  await other.append("case-9", [1]);
  const large = Array.from({ length: 30 }, (_, n) => pendingEvent("large", n, 90_000));
  await other.writer.append({ events: large, expected: "any" });
  const known = other.writer.state.snapshot();
  assertEquals(known.link, log.messages.at(-1)!.link);
  const again = new MemoryNode(log, "again", undefined, known);
  await again.writer.takeOver();

  const { broken, blocks, events, uncovered, head } = await verify(log.messages);
  assertEquals([broken, blocks, events, uncovered], [undefined, log.messages.length, 41, 0]);
  assertEquals(head, log.messages.at(-1)!.link);
});

/** What is done to the messages, the index of the one that is named, and what is said of it. */
const ATTACKS: Record<string, readonly [(messages: Messages) => Messages, named: number, said: RegExp]> = {
  "a byte of an event": [
    (all) => all.with(2, withByteChanged(all[2]!, -9 + all[2]!.payload.length)),
    2,
    /not as/,
  ],
  "a byte of the head": [(all) => all.with(3, withByteChanged(all[3]!, 20)), 3, /not as/],
  "a byte of the last record": [(all) => all.with(5, withByteChanged(all[5]!, 300)), 5, /not as/],
  "a record that is removed": [(all) => all.toSpliced(2, 1), 2, /gone/],
  "the first record": [(all) => all.slice(1), 0, /gone/],
  "two records that change places": [
    (all) =>
      all.with(2, { ...all[3]!, sequence: all[2]!.sequence }).with(3, {
        ...all[2]!,
        sequence: all[3]!.sequence,
      }),
    2,
    /gone|another/,
  ],
  "a record that is written again at the end": [
    (all) => [...all, { ...all[4]!, sequence: 99 }],
    6,
    /another/,
  ],
  "a record with a link of its own making": [
    (all) => {
      const changed = withByteChanged(all[2]!, 300);
      return all.with(2, { ...changed, link: linkOf(all[1]!.link!, changed.payload) });
    },
    3,
    /not as/,
  ],
  "bytes that no node wrote": [
    (all) => [...all, { sequence: 99, payload: new Uint8Array([1]) }],
    6,
    /no node/,
  ],
};

for (const [what, [change, named, said]] of Object.entries(ATTACKS)) {
  Deno.test(`${what}: found, and named`, async () => {
    const { messages } = await aLog();
    const changed = change([...messages]);
    const { broken, blocks } = await verify(changed);
    assertEquals(broken?.kind, "record");
    if (broken?.kind !== "record") return;
    assertMatch(broken.why, said);
    const isGone = broken.why.includes("gone");
    assertEquals(broken.sequence, (isGone ? messages : changed)[named]!.sequence);
    assertEquals(blocks, named);
  });
}

Deno.test("what was taken from the end, and a chain made anew as a whole, are found by the head that was kept", async () => {
  const { messages } = await aLog();
  const { blocks, head } = await verify(messages);
  assertEquals((await verify(messages, { blocks, head })).broken, undefined);
  assertEquals((await verify(messages.slice(0, -1))).broken, undefined);
  assertNotEquals((await verify(messages.slice(0, -1), { blocks, head })).broken, undefined);
  assertNotEquals((await verify(messages, { blocks: 3, head })).broken, undefined);
});
