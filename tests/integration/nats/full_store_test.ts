/** A JetStream store without room: it is waited out, says what to do, and goes on by itself; none is made in one. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, type NatsConnection } from "@nats-io/transport-deno";
import type { Backend } from "../../../backends/backend.ts";
import type { Settlement } from "../../../backends/mailbox/mailbox.ts";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { anEvent } from "../../support/events.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats } from "../../support/servers/nats_server.ts";
import { assertRefused, runHere } from "../../support/program.ts";

const LIMIT = 3_000_000;
const PIECE = "x".repeat(50_000);
const nothing: Settlement = { outputs: new Uint8Array(), outputTypes: {}, failures: [], timers: [] };

/** Somebody else's stream on the server, which takes all the room there is. */
async function fillUp(other: NatsConnection): Promise<void> {
  await other.request("$JS.API.STREAM.CREATE.FILLER", `{"name":"FILLER","subjects":["filler"]}`, NATS_ANSWER);
  while ((await other.request("filler", PIECE, NATS_ANSWER)).json<{ error?: unknown }>().error === undefined);
}

async function makeRoom(other: NatsConnection): Promise<void> {
  await other.request("$JS.API.STREAM.DELETE.FILLER", "", NATS_ANSWER);
}

async function mailboxOf(backend: Backend, signal: AbortSignal) {
  const processor = { name: "intake", version: 1, takes: ["case.intake"] };
  for await (const mailbox of backend.mailboxes(processor, signal)) return mailbox;
  throw new Error("No mailbox was won");
}

natsTest(
  "a settlement waits while the store is full, tells why, and goes on once there is room",
  async () => {
    await using server = await startNats({ jetStreamConfig: `max_file_store: ${LIMIT}` });
    const other = await connect({ servers: server.url });
    const full = Promise.withResolvers<string>();
    const onAvailabilityChange = (error?: BackendUnavailable) => error && full.resolve(error.message);
    const backend = await openNats({ url: server.url, partitions: 1, onAvailabilityChange });
    const stop = new AbortController();
    try {
      await backend.append([anEvent("case-1", 1)]);
      const mailbox = await mailboxOf(backend, stop.signal);
      for await (const batch of mailbox.batches(stop.signal)) {
        await fillUp(other);
        const settled = mailbox.settle(batch, nothing);
        assertMatch(
          await full.promise,
          /^NATS takes no writes \(10023 .*\): free memory or disk on the server/,
        );
        await assertRejects(
          () => backend.append([anEvent("case-2", 1)]),
          BackendUnavailable,
          "takes no writes",
        );
        await makeRoom(other);
        await settled;
        // The call that was refused may be completed by now.
        const { stored, duplicates } = await backend.append([anEvent("case-2", 1)]);
        assertEquals(stored + duplicates, 1);
        break;
      }
      await mailbox.close();
    } finally {
      stop.abort();
      await backend.close();
      await other.close();
    }
  },
);

natsTest("a store that there is no room to make is refused in a line, and nobody waits", async () => {
  const config =
    "accounts { A { jetstream { max_file: 0, max_mem: 1MB }, users: [{ user: ann, password: pw }] } }";
  await using server = await startNats({ config, credentials: { user: "ann", pass: "pw" } });
  const store = ["--backend", "nats", "--url", server.url, "--nats-user", "ann", "--nats-password", "pw"];
  for (const command of [["setup"], ["cases", "list"]]) {
    const refused = await runHere([...command, ...store]);
    assertRefused(
      refused,
      exitCodes.unusable,
      /^No room for the stream CASES_log: NATS takes no writes \(10047 .*free disk/,
    );
  }
});
