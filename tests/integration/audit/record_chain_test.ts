/** Whoever makes the log of JetStream anew with other bytes is found by `audit verify`. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, headers, type NatsConnection } from "@nats-io/transport-deno";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { anEvent } from "../../support/events.ts";
import { runHere } from "../../support/program.ts";
import { NATS_ANSWER, startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats({ syncAlways: false });
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const LOG = "CASES_log";
const SUBJECT = "cases-log.0";

/** A record as it is in the stream. */
interface Message {
  readonly data: Uint8Array;
  readonly link: string;
}

/** Six events in a store of one partition, whose log `change` then makes anew: its messages, and which sequence is deleted. */
async function storeWith(
  change: (messages: Message[]) => readonly Message[],
  deleted?: number,
): Promise<void> {
  const backend = await openNats({ url: server.url, partitions: 1 });
  for (let n = 1; n <= 6; n++) await backend.append([anEvent("case", n)]);
  await backend.close();
  const connection = await connect({ servers: server.url });
  const { streams } = await jetstreamManager(connection, NATS_ANSWER);
  const { config, state } = await streams.info(LOG);
  const messages: Message[] = [];
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const { data, header } = (await streams.getMessage(LOG, { seq }))!;
    messages.push({ data: data.slice(), link: header.get("Zaakstroom-Chain") });
  }
  await streams.delete(LOG);
  await streams.add({ ...config, deny_delete: false });
  for (const message of change(messages)) await publish(connection, message);
  if (deleted !== undefined) await streams.deleteMessage(LOG, deleted);
  await streams.update(LOG, { deny_delete: true });
  await connection.close();
}

async function publish(connection: NatsConnection, { data, link }: Message): Promise<void> {
  const set = headers();
  set.set("Zaakstroom-Chain", link);
  await connection.request(SUBJECT, data, { ...NATS_ANSWER, headers: set });
}

async function removeStore(): Promise<void> {
  const connection = await connect({ servers: server.url });
  const { streams } = await jetstreamManager(connection, NATS_ANSWER);
  for await (const { config: { name } } of streams.list()) await streams.delete(name);
  await connection.close();
}

const verify = (...more: string[]) =>
  runHere(["audit", "verify", "--backend", "nats", "--url", server.url, ...more]);

/** What is done to the log, and what is said of it. */
const ATTACKS: Record<string, readonly [Parameters<typeof storeWith>[0], found: RegExp, deleted?: number]> = {
  "an amount in a record": [
    (all) => {
      const [changed, was] = [all[3]!.data.slice(), new TextDecoder().decode(all[3]!.data)];
      changed[was.indexOf(`"debt_amount":`) + `"debt_amount":`.length]! ^= 1;
      return all.with(3, { ...all[3]!, data: changed });
    },
    /BROKEN, the record 4 \(from position 16384\): it is not as it was stored/,
  ],
  "a record that is removed": [(all) => all, /BROKEN, the record 5 \(from position 20480\): it is gone/, 5],
  "two records that change places": [
    (all) => all.with(1, all[2]!).with(2, all[1]!),
    /BROKEN, the record 2 \(from position 8192\): it is (gone|not as it was stored)/,
  ],
};

for (const [what, [change, found, deleted]] of Object.entries(ATTACKS)) {
  natsTest(`${what}, by whoever may make streams: found, and named`, async () => {
    await storeWith(change, deleted);
    try {
      const { code, out, err } = await verify();
      assertEquals(code, exitCodes.failed, err);
      assertMatch(out, found);
    } finally {
      await removeStore();
    }
  });
}

natsTest("records that are taken from the end are found by the heads that were kept elsewhere", async () => {
  await storeWith((all) => all);
  const file = await Deno.makeTempFile();
  try {
    assertMatch(
      (await verify()).out,
      /^partition 0: whole, 6 events in 6 blocks, 0 in none yet, head [0-9a-f]{64}$/m,
    );
    const kept = await verify("--json");
    await Deno.writeTextFile(file, kept.out);
    assertEquals((await verify("--heads", file)).code, exitCodes.ok);
    await removeStore();
    await storeWith((all) => all.slice(0, 5));
    assertEquals((await verify()).code, exitCodes.ok, "the rest by itself is whole");
    const { code, out } = await verify("--heads", file);
    assertEquals(code, exitCodes.failed);
    assertMatch(out, /BROKEN, block 6: it is gone/);
  } finally {
    await Deno.remove(file);
    await removeStore();
  }
});
