/** Passes over records: what stands beside them in the same record. @module */
import { assertEquals } from "@std/assert";
import type { PassFetched, PassSettlement } from "../../../../../../backends/mailbox/pass.ts";
import {
  decodeLines,
  encodeLines,
  outputLine,
  parseLine,
  storeRow,
} from "../../../../../../schema/delivery_line.ts";
import { anEvent } from "../../../../../support/events.ts";
import { LIMITS, MailboxNode } from "../../../../../support/nats_log/mailbox_node.ts";
import { eventsIn } from "../../../../../support/nats_log/memory_node.ts";

/** Two processors, of which the second handles the decisions that the first makes of intakes. */
const membersOf = (node: MailboxNode) => [node.owner("p"), node.owner("q", ["case.decision"])];

/** A pass over one intake of a case: a decision is made of it, and handled. */
function settlementOf({ parts }: PassFetched, caseId: string, n: number, version: number): PassSettlement {
  const row = storeRow(anEvent(caseId, n, "case.decision"), 0);
  return {
    moves: parts.map((part, i) => ({ ...part, isChained: i === 1 })),
    outputs: encodeLines([outputLine(row, version)]),
    outputTypes: { "case.decision": 1 },
    timers: [],
  };
}

const contentOf = ({ lines }: PassFetched) =>
  decodeLines(lines).map(parseLine).map(({ event, version }) => `${event.correlation_id} ${version}`);

Deno.test("what is appended in front of a pass in the same moment is handled before what the pass makes", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1);
  const members = membersOf(node);
  const fetched = await node.store.passes.fetchPass(members, LIMITS);
  const [, status] = await Promise.all([
    node.append("b", 1, "case.decision"),
    node.store.passes.commitPass(members, settlementOf(fetched, "a", 9, 2)),
  ]);
  assertEquals(status, "behind");
  assertEquals(eventsIn(node.log), ["a 1", "b 1"]);
  assertEquals(contentOf(await node.store.passes.fetchPass(members, LIMITS)), ["a 1", "b 1"]);
});

Deno.test("what is appended behind a pass in the same moment is delivered, and is in a record of its own", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1);
  const members = membersOf(node);
  const fetched = await node.store.passes.fetchPass(members, LIMITS);
  const records = node.log.messages.length;
  const [status] = await Promise.all([
    node.store.passes.commitPass(members, settlementOf(fetched, "a", 9, 2)),
    node.append("b", 1, "case.decision"),
  ]);
  assertEquals([status, node.log.messages.length - records], ["settled", 2]);
  assertEquals(eventsIn(node.log), ["a 1", "a 2", "b 1"]);
  assertEquals(contentOf(await node.store.passes.fetchPass(members, LIMITS)), ["b 1"]);
});

Deno.test("what another node has appended meanwhile is handled before what the pass makes", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1);
  const members = membersOf(node);
  const fetched = await node.store.passes.fetchPass(members, LIMITS);
  await node.view.readOn();
  const { events, expected } = { events: [node.event("b", 1, "case.decision")], expected: "any" } as const;
  await node.view.append({ events, expected });
  const status = await node.store.passes.commitPass(members, settlementOf(fetched, "a", 9, 2));
  assertEquals([status, eventsIn(node.log)], ["behind", ["a 1", "b 1"]]);
});

Deno.test("a pass and a settlement of one of its processors don't share a record", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1);
  const members = membersOf(node);
  const fetched = await node.store.passes.fetchPass(members, LIMITS);
  const batch = await node.batch();
  const nothing = { outputs: new Uint8Array(), outputTypes: {}, failures: [], timers: [] };
  const statuses = await Promise.all([
    node.store.commit(node.owner("p"), batch, nothing),
    node.store.passes.commitPass(members, settlementOf(fetched, "a", 9, 2)).catch(({ name }) => name),
  ]);
  assertEquals(statuses, ["settled", "RangeError"]);
  assertEquals(eventsIn(node.log), ["a 1"]);
});
