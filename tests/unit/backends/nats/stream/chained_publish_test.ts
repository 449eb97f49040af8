/** A chain of messages: each expects the one before it, and only the last one is answered. @module */
import { assertEquals, assertRejects } from "@std/assert";
import type { MsgHdrs } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../../../../backends/errors.ts";
import { publishChain } from "../../../../../backends/nats/stream/chained_publish.ts";

/** What is sent, and an answer to the last of it. */
function clientOf(seq: number) {
  const sent: string[] = [];
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const client = {
    publishRaw: (bytes: Uint8Array) => void sent.push(decode(bytes)),
    request: (subject: string, payload: string | Uint8Array, headers?: MsgHdrs) => {
      const encoded = (headers as unknown as { encode(): Uint8Array }).encode();
      sent.push(`${subject} ${decode(encoded)}${payload}`);
      return Promise.resolve({ data: new TextEncoder().encode(JSON.stringify({ seq })) });
    },
  };
  return { sent, client: client as unknown as Parameters<typeof publishChain>[0] };
}

const messageOf = (payload: string) => ({ subject: "cases.intake.0", headers: "", payload });

Deno.test("each message expects the sequence of the one before it, in bytes as long as they say", async () => {
  const { sent, client } = clientOf(12);
  assertEquals(await publishChain(client, ["é", "b"].map(messageOf), 10), 12);
  const head = "NATS/1.0\r\nNats-Expected-Last-Sequence: 10\r\n\r\n";
  assertEquals(sent, [
    `HPUB cases.intake.0 ${head.length} ${head.length + 2}\r\n${head}é\r\n`,
    "cases.intake.0 NATS/1.0\r\nNats-Expected-Last-Sequence: 11\r\n\r\nb",
  ]);
});

Deno.test("an answer of another sequence is no answer", async () => {
  const { client } = clientOf(13);
  await assertRejects(() => publishChain(client, ["a", "b"].map(messageOf), 10), BackendUnavailable);
});
