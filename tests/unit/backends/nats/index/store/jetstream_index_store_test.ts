/** What the store of the index makes of a server's answers. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { ManifestConflict } from "../../../../../../backends/nats/index/store/index_store.ts";
import { JetStreamIndexStore } from "../../../../../../backends/nats/index/store/jetstream_index_store.ts";

type Client = ConstructorParameters<typeof JetStreamIndexStore>[0]["client"];
interface Found {
  readonly subject: string;
  readonly seq: number;
  readonly data: Uint8Array;
}

const SUBJECT = "store-index.run.3.ab";

/** A store whose server gives this answer to what is published, and has these messages on a replica and on the leader. */
function storeOf({ answer = {}, replica = null, leader = null }: {
  answer?: object;
  replica?: Found | null;
  leader?: Found | null;
}) {
  const sent: string[] = [];
  const manager = {
    direct: { getMessage: () => Promise.resolve(replica) },
    streams: { getMessage: () => Promise.resolve(leader) },
  };
  const client = {
    request(subject: string, _data: unknown, headers?: { encode(): Uint8Array }) {
      const lines = headers === undefined ? "" : new TextDecoder().decode(headers.encode());
      sent.push(`${subject} ${lines}`.trim());
      return Promise.resolve({ data: new TextEncoder().encode(JSON.stringify(answer)) });
    },
    manage: (work: (manager: never) => Promise<unknown>) => work(manager as never),
  } as unknown as Client;
  const store = new JetStreamIndexStore({ client, stream: "STORE_index", prefix: "store", partition: 3 });
  return { store, sent };
}

Deno.test("a manifest replaces the one before it, under its sequence", async () => {
  const { store, sent } = storeOf({ answer: { seq: 9 } });
  assertEquals(await store.replaceManifest("{}", 7), 9);
  assertEquals(sent, [
    "store-index.manifest.3 NATS/1.0\r\nNats-Rollup: sub\r\nNats-Expected-Last-Subject-Sequence: 7",
  ]);
});

Deno.test("a manifest whose place another one took is a conflict, on one server and on three", async () => {
  for (const err_code of [10071, 10164]) {
    const { store } = storeOf({
      answer: { error: { code: 400, err_code, description: "wrong last sequence: 8" } },
    });
    await assertRejects(() => store.replaceManifest("{}", 7), ManifestConflict);
  }
});

Deno.test("a block that a replica lacks is asked of the leader", async () => {
  const found = { subject: SUBJECT, seq: 5, data: new Uint8Array([1, 2]) };
  assertEquals(await storeOf({ leader: found }).store.getBlock("run", "ab", 5), found.data);
  assertEquals(await storeOf({}).store.getBlock("run", "ab", 5), undefined);
});

Deno.test("a sequence that came again with the message of another run is no block", async () => {
  const found = { subject: "store-index.run.3.cd", seq: 5, data: new Uint8Array([1, 2]) };
  assertEquals(await storeOf({ replica: found }).store.getBlock("run", "ab", 5), undefined);
});
