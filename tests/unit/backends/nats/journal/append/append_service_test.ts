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
const subject = new LogSubjects("p").commits(1);
const [ours] = casesIn(1, PARTITIONS, 1) as [string];
const [another] = casesIn(0, PARTITIONS, 1) as [string];
const RESULT = { stored: 1, duplicates: 0, position: 4096, version: 1 };

function serve(append: (append: PartitionAppend) => Promise<typeof RESULT>) {
  const bus = new RequestBus();
  const owner = { partition: 1, append };
  const stop = serveAppends({ source: bus, subject, partitions: PARTITIONS, owner });
  const request = (bytes: Uint8Array) => bus.request("p-commit.1", bytes);
  return { request, stop };
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

Deno.test("an owner that is none any more, or can't reach the store, says to ask again", async () => {
  for (const error of [new OwnershipLost(1, 3), new BackendUnavailable("away")]) {
    const { request } = serve(() => Promise.reject(error));
    assertEquals(kindOf(await request(appendOf(ours))), "again");
  }
});
