import { assertEquals, assertRejects } from "@std/assert";
import { LogSubjects } from "../../../../../../schema/nats/log.ts";
import { BackendUnavailable } from "../../../../../../backends/errors.ts";
import { serveAppends } from "../../../../../../backends/nats/journal/append/append_service.ts";
import type { PartitionAppend } from "../../../../../../backends/nats/journal/append/append_contribution.ts";
import { encodeAppend } from "../../../../../../backends/nats/journal/append/append_request.ts";
import { OwnershipLost } from "../../../../../../backends/nats/journal/partition/record_writer.ts";
import { casesIn } from "../../../../../support/events.ts";
import { RequestBus } from "../../../../../support/nats_log/request_bus.ts";
import { pendingEvent } from "../../../../../support/nats_log/records.ts";

const PARTITIONS = 2;
const subject = new LogSubjects("p").appends(1);
const [ours] = casesIn(1, PARTITIONS, 1) as [string];
const [another] = casesIn(0, PARTITIONS, 1) as [string];
const RESULT = { stored: 1, duplicates: 0, position: 4096, version: 1 };

function serve(append: (append: PartitionAppend) => Promise<typeof RESULT>) {
  const bus = new RequestBus();
  let lost = 0;
  const owner = { partition: 1, append };
  const onOwnershipLost = () => void lost++;
  const stop = serveAppends({ source: bus, subject, partitions: PARTITIONS, owner, onOwnershipLost });
  const request = (bytes: Uint8Array) => bus.request("p-append.1.app", bytes);
  return { request, stop, lost: () => lost };
}

const appendOf = (caseId: string) => encodeAppend({ events: [pendingEvent(caseId, 1)], expected: "any" });
const kindOf = ({ data }: { data: Uint8Array }) => JSON.parse(new TextDecoder().decode(data)).kind;

Deno.test("a request is answered with what became of it", async () => {
  const { request, stop } = serve(() => Promise.resolve(RESULT));
  assertEquals(kindOf(await request(appendOf(ours))), "stored");
  stop();
  await assertRejects(() => request(appendOf(ours)), BackendUnavailable);
});

Deno.test("what is no request, and one for another partition, reaches no record", async () => {
  const { request } = serve(() => Promise.reject(new Error("must not be asked")));
  for (const bytes of [new Uint8Array(), new Uint8Array([1, 2, 3]), appendOf(another)]) {
    assertEquals(kindOf(await request(bytes)), "invalid");
  }
});

/** Whether the request has an answer once everything that can go on has gone on. */
async function isAnswered(answer: Promise<unknown>): Promise<boolean> {
  let isDone = false;
  void answer.then(() => isDone = true);
  await new Promise((resolve) => setTimeout(resolve));
  return isDone;
}

Deno.test("an owner that is none any more gives no answer, and learns that it is none", async () => {
  const { request, lost } = serve(() => Promise.reject(new OwnershipLost(1, 3)));
  assertEquals(await isAnswered(request(appendOf(ours))), false);
  assertEquals(lost(), 1);
});

Deno.test("an owner that can't reach the store gives no answer: the sender asks again", async () => {
  const { request, lost } = serve(() => Promise.reject(new BackendUnavailable("away")));
  assertEquals(await isAnswered(request(appendOf(ours))), false);
  assertEquals(lost(), 0);
});
