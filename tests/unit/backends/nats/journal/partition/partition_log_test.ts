import { assertEquals } from "@std/assert";
import type { MsgHdrs } from "@nats-io/transport-deno";
import type { NatsClient } from "../../../../../../backends/nats/connection/client.ts";
import { NatsPartitionLog } from "../../../../../../backends/nats/journal/partition/partition_log.ts";

Deno.test("a record is one request, its bytes as they are, and its headers are the expectation and the link", async () => {
  const sent: { subject: string; data: Uint8Array; headers: string }[] = [];
  const client = {
    maxPayload: 1_000_512,
    request(subject: string, data: Uint8Array, headers: MsgHdrs) {
      const bytes = (headers as unknown as { encode(): Uint8Array }).encode();
      sent.push({ subject, data, headers: new TextDecoder().decode(bytes) });
      return Promise.resolve({ data: new TextEncoder().encode('{"stream":"S","seq":8}') });
    },
  };
  const log = new NatsPartitionLog(client as unknown as NatsClient, "S", "p-log.3", 3);
  assertEquals(log.maxPayload, 1_000_000);
  const payload = new Uint8Array([0, 255, 10, 200]);
  assertEquals(await log.append([{ payload, link: "abc" }], 5), 8);
  const headers = "NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: 5\r\nZaakstroom-Chain: abc\r\n\r\n";
  assertEquals(sent, [{ subject: "p-log.3", data: payload, headers }]);
});
