/** Settlements of a node that has leased a processor alone: asked of the owner of the partition, or written without one. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { linesOf } from "../../../../../../backends/mailbox/batch.ts";
import { serveSettles } from "../../../../../../backends/nats/journal/mailbox/settle_service.ts";
import { settleThroughOwner } from "../../../../../../backends/nats/journal/mailbox/settle_through_owner.ts";
import type { SettleRequest } from "../../../../../../backends/nats/journal/mailbox/settle_request.ts";
import { SettlementRefused } from "../../../../../../backends/errors.ts";
import { encodeLines, outputLine, parseLine, storeRow } from "../../../../../../schema/delivery_line.ts";
import { anEvent } from "../../../../../support/events.ts";
import { requestLost } from "../../../../../support/nats_log/memory_log.ts";
import { MailboxNode } from "../../../../../support/nats_log/mailbox_node.ts";
import { RequestBus } from "../../../../../support/nats_log/request_bus.ts";

const SUBJECT = "p-settle.0";
const kindOf = ({ data }: { data: Uint8Array }) => JSON.parse(new TextDecoder().decode(data)).kind;

/** An owner that serves, the batch that another node has of it, and how that settles. */
async function asked() {
  const owner = await MailboxNode.owning();
  await owner.append("a", 1);
  const batch = await owner.batch();
  const bus = new RequestBus();
  const stop = serveSettles({ source: bus, subject: SUBJECT, owner: owner.writer, now: () => owner.now });
  const notified: number[] = [];
  const other = new MailboxNode(owner.log);
  const through = {
    request: (_: number, data: Uint8Array) => bus.request(SUBJECT, data),
    view: async () => (await other.view.readOn(), other.view),
    notifyOwner: (partition: number) => void notified.push(partition),
    now: () => owner.now,
    signal: new AbortController().signal,
  };
  const requestOf = (caseId: string, epoch = owner.writer.epoch!): SettleRequest => {
    const row = storeRow(anEvent(caseId, 9, "case.decision"), 0);
    const outputs = encodeLines([outputLine(row, 1)]);
    const settlement = { outputs, outputTypes: { "case.decision": 1 }, failures: [], timers: [] };
    return { kind: "settle", asker: { processor: "p", epoch }, batch, settlement };
  };
  return {
    owner,
    bus,
    stop,
    notified,
    requestOf,
    settle: (each: SettleRequest) => settleThroughOwner(through, 0, each),
  };
}

Deno.test("the owner puts it into its next record, once, however often it is asked", async () => {
  const { owner, settle, requestOf, notified } = await asked();
  const before = owner.log.messages.length;
  assertEquals(await settle(requestOf("a")), "settled");
  assertEquals(await settle(requestOf("a")), "already");
  assertEquals(owner.log.messages.length, before + 1);
  assertEquals((await owner.writer.caseEvents("a")).map(({ event }) => event.type), [
    "case.intake",
    "case.decision",
  ]);
  assertEquals((await owner.fetch()).batch, undefined);
  assertEquals(notified, [], "the owner knows");
});

Deno.test("a mark is durable before its answer", async () => {
  const { owner, settle } = await asked();
  const mark = { first: 1, last: 1, exclusive: true };
  const asker = { processor: "p", epoch: owner.writer.epoch! };
  assertEquals(await settle({ kind: "mark", asker, mark }), "marked");
  assertEquals(owner.writer.state.processor("p").inFlight, mark);
});

Deno.test("who has lost the processor is told so, and nothing is stored", async () => {
  const { owner, settle, requestOf } = await asked();
  assertEquals(await settle(requestOf("a", owner.writer.epoch! - 1)), "fenced");
  assertEquals((await owner.writer.caseEvents("a")).length, 1);
});

Deno.test("where nobody answers it is written without an owner, who is told", async () => {
  const { owner, stop, settle, requestOf, notified } = await asked();
  stop();
  assertEquals(await settle(requestOf("a")), "settled");
  assertEquals(notified, [0]);
  await owner.writer.readOn();
  assertEquals((await owner.writer.caseEvents("a")).length, 2);
});

Deno.test("an owner that was replaced stores nothing, and says to ask again", async () => {
  const { owner, bus, settle, requestOf } = await asked();
  const next = await MailboxNode.owning(owner.log);
  assertEquals(await settle(requestOf("a", next.writer.epoch!)), "settled");
  assertEquals([owner.writer.isOwner, bus.requested.length], [false, 3]);
  await next.writer.readOn();
  assertEquals((await next.fetch()).batch, undefined);
});

Deno.test("an owner that can't reach the store is asked again", async () => {
  const { owner, settle, requestOf } = await asked();
  owner.client.faults.push(requestLost());
  assertEquals(await settle(requestOf("a")), "settled");
  assertEquals((await owner.writer.caseEvents("a")).length, 2);
});

Deno.test("what can't be stored is refused with the reason, and what is no settlement too", async () => {
  const { owner, bus, settle, requestOf } = await asked();
  await owner.writer.append({
    events: [owner.event("a", 9, "case.decision")].map((event) => ({
      ...event,
      body: new TextEncoder().encode(new TextDecoder().decode(event.body).replace("fits", "does not fit")),
    })),
    expected: "any",
  });
  await assertRejects(() => settle(requestOf("a")), SettlementRefused);
  assertEquals(kindOf(await bus.request(SUBJECT, new TextEncoder().encode("no request\n"))), "invalid");
  assertEquals(parseLine(linesOf((await owner.fetch()).batch!)[0]!).version, 1);
});
