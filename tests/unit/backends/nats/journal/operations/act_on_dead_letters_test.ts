/** What a person does with dead letters and parked deliveries: what changes and who did it are one record. @module */
import { assertEquals } from "@std/assert";
import { linesOf } from "../../../../../../backends/mailbox/batch.ts";
import type { FailedDelivery } from "../../../../../../backends/mailbox/mailbox.ts";
import {
  actContribution,
  type DeliveryAct,
} from "../../../../../../backends/nats/journal/operations/act_on_dead_letters.ts";
import { parseLine } from "../../../../../../schema/delivery_line.ts";
import { answerLost } from "../../../../../support/nats_log/memory_log.ts";
import { MailboxNode } from "../../../../../support/nats_log/mailbox_node.ts";

const error = { class: "Boom", message: "boom", at: "2026-01-01T00:00:00.000Z" };
const BY = { by: "m.visser", why: "it was mended" };
const DEAD = { kind: "deadLetter", error } as const;

/** A node where two deliveries of a case came to this, the second behind the first. */
async function stopped(outcome: FailedDelivery["outcome"]) {
  const node = await MailboxNode.owning();
  for (const n of [1, 2]) await node.append("a", n);
  const batch = await node.batch();
  const failures = linesOf(batch).map((line, i): FailedDelivery => {
    const { position, event } = parseLine(line);
    const its = { position, eventId: event.event_id, caseId: "a" };
    return i === 0 ? { ...its, attempt: 1, outcome } : { ...its, attempt: 0, outcome: { kind: "held" } };
  });
  const nothing = { outputs: new Uint8Array(), outputTypes: {}, failures, timers: [] };
  assertEquals(await node.store.commit(node.owner(), batch, nothing), "settled");
  const [delivery] = node.writer.state.parkedOf("p").get("a")!;
  const found = { processor: "p", caseId: "a", delivery: delivery! };
  return {
    node,
    act: (act: DeliveryAct) => node.writer.submit(actContribution(act, [found], BY, () => node.now)),
    states: () => (node.writer.state.parkedOf("p").get("a") ?? []).map(({ state }) => state),
    acts: () =>
      node.log.records().flatMap(({ record }) => record.kind === "record" ? record.changes.trail : [])
        .filter(({ by }) => by === BY.by),
  };
}

Deno.test("a dead letter that is redriven is handed out at once, with what it held up", async () => {
  const { node, act, acts } = await stopped(DEAD);
  const before = node.log.messages.length;
  assertEquals(await act("redrive"), 1);
  assertEquals(node.log.messages.length, before + 1, "one record");
  assertEquals(acts().map(({ act, why, caseId }) => [act, why, caseId]), [["redrive", BY.why, "a"]]);
  const { batch } = await node.fetch();
  assertEquals(linesOf(batch!).map((line) => parseLine(line).version), [1, 2]);
});

Deno.test("one that is given up is gone, its failures are in the trail, and what it held up comes", async () => {
  const { node, act, states, acts } = await stopped(DEAD);
  assertEquals(await act("discard"), 1);
  assertEquals(states(), ["retry"]);
  const [entry] = acts();
  assertEquals((entry as { details?: { attempts: number } }).details?.attempts, 1);
  assertEquals(linesOf((await node.fetch()).batch!).map((line) => parseLine(line).version), [2]);
});

Deno.test("what is tried again later is tried now", async () => {
  const { node, act } = await stopped({ kind: "retry", error, afterMs: 60_000 });
  assertEquals((await node.fetch()).batch, undefined);
  assertEquals(await act("retry_now"), 1);
  assertEquals(linesOf((await node.fetch()).batch!).length, 2);
});

Deno.test("what another person has dealt with meanwhile is left alone", async () => {
  const { act, acts } = await stopped(DEAD);
  assertEquals(await act("redrive"), 1);
  assertEquals(await act("redrive"), 0);
  assertEquals(await act("discard"), 0);
  assertEquals(acts().length, 1);
});

Deno.test("an act whose answer is lost is done once", async () => {
  const { node, act, acts, states } = await stopped(DEAD);
  node.client.faults.push(answerLost());
  assertEquals(await act("discard"), 1);
  assertEquals([acts().length, states()], [1, ["retry"]]);
});
