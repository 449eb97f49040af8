/** What openNats says of a server that is away or can't be used: one line, and what to do. @module */
import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { BackendUnavailable, BackendUnusable } from "../../../backends/errors.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { runHere } from "../../support/program.ts";
import { anEvent } from "../../support/events.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats } from "../../support/servers/nats_server.ts";

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function assertOneLine({ message }: Error, ...words: string[]): void {
  assert(!message.includes("\n"), message);
  for (const word of words) assert(message.includes(word), message);
}

Deno.test("nobody listens: the backend is away", async () => {
  const error = await assertRejects(
    () => openNats({ url: `nats://127.0.0.1:${freePort()}` }),
    BackendUnavailable,
  );
  assertOneLine(error);
});

Deno.test("every command that finds no server names where it looked", async () => {
  const url = `nats://127.0.0.1:${freePort()}`;
  for (const words of [["setup"], ["doctor"], ["cases", "list"]]) {
    const { code, err } = await runHere([...words, "--backend", "nats", "--url", url]);
    assertEquals(code, exitCodes.unavailable, err);
    assertMatch(err, new RegExp(`^NATS is away .*${url.slice("nats://".length)} takes connections`));
  }
});

natsTest("a server without JetStream is refused", async () => {
  await using server = await startNats({ jetStream: false });
  const error = await assertRejects(() => openNats({ url: server.url }), BackendUnusable);
  assertOneLine(error, "JetStream");
});

natsTest("a wrong password is refused", async () => {
  const config = `authorization { users: [{ user: "ann", password: "right" }] , timeout: 2 }`;
  await using server = await startNats({ config, credentials: { user: "ann", pass: "right" } });
  const credentials = { user: "ann", password: "wrong" };
  const error = await assertRejects(() => openNats({ url: server.url, credentials }), BackendUnusable);
  assertOneLine(error, "credentials");
});

natsTest("a user without rights on JetStream is refused", async () => {
  const config =
    `authorization { users: [{ user: "ann", password: "pw", permissions: { publish: ["x"], subscribe: ["_INBOX.>"] } }] }`;
  const credentials = { user: "ann", pass: "pw" };
  await using server = await startNats({ config, credentials });
  const error = await assertRejects(
    () => openNats({ url: server.url, credentials: { user: "ann", password: "pw" } }),
    BackendUnusable,
  );
  assertOneLine(error, "may not");
});

natsTest("a limit of the account is told in one line, by the stream that met it", async () => {
  const account = `{ users: [{ user: "ann", password: "pw" }], jetstream: { max_streams: 2 } }`;
  await using server = await startNats({
    config: `accounts: { A: ${account} }`,
    credentials: { user: "ann", pass: "pw" },
  });
  const credentials = { user: "ann", password: "pw" };
  const error = await assertRejects(() => openNats({ url: server.url, credentials }), BackendUnusable);
  assertOneLine(error, "refuses the stream", "10027", "limits of the account");
});

Deno.test("a server of another kind is told from NATS at once", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answers = (async () => {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")).catch(() => {});
      connection.close();
    }
  })();
  const from = performance.now();
  const { port } = listener.addr;
  const url = `nats://127.0.0.1:${port}`;
  const { code, err } = await runHere(["cases", "list", "--backend", "nats", "--url", url]);
  // Who waited for an answer of NATS took half a minute.
  assertLess(performance.now() - from, 15_000);
  assertEquals([code, err.split("\n").length], [exitCodes.unavailable, 1], err);
  assertMatch(
    err,
    new RegExp(`^Can't connect to NATS: .* not NATS: see whether .* and 127.0.0.1:${port} takes`),
  );
  listener.close();
  await answers;
});

natsTest("a stream of somebody else under our name is refused and left alone", async () => {
  await using server = await startNats();
  const other = await connect({ servers: server.url });
  const config = { name: "CASES_log", subjects: ["theirs.>"] };
  await other.request("$JS.API.STREAM.CREATE.CASES_log", JSON.stringify(config), NATS_ANSWER);
  const error = await assertRejects(() => openNats({ url: server.url }), BackendUnusable);
  assertOneLine(error, "CASES_log", "not ours");
  const info = JSON.parse((await other.request("$JS.API.STREAM.INFO.CASES_log", "", NATS_ANSWER)).string());
  assertEquals(info.config.subjects, ["theirs.>"]);
  await other.close();
});

natsTest("a store whose subjects are those of an earlier version is refused in one line", async () => {
  await using server = await startNats();
  await (await openNats({ url: server.url })).close();
  const other = await connect({ servers: server.url });
  const { config } = JSON.parse(
    (await other.request("$JS.API.STREAM.INFO.CASES_ingest", "", NATS_ANSWER)).string(),
  );
  const before = { ...config, subjects: ["cases.ingest", "cases-refused.*"] };
  await other.request("$JS.API.STREAM.UPDATE.CASES_ingest", JSON.stringify(before), NATS_ANSWER);
  const error = await assertRejects(() => openNats({ url: server.url }), BackendUnusable);
  assertOneLine(error, "CASES_ingest", "of an earlier version");
  await other.close();
});

natsTest(
  "a store of events by subject, of an earlier version, is refused in one line by every command",
  async () => {
    await using server = await startNats();
    const other = await connect({ servers: server.url });
    const metadata = { "zaakstroom.partitions": "16", "zaakstroom.version": "1" };
    const config = { name: "CASES", subjects: ["cases.*.*.*", "cases-run.>"], metadata };
    await other.request("$JS.API.STREAM.CREATE.CASES", JSON.stringify(config), NATS_ANSWER);
    await other.close();
    for (const words of [["setup"], ["setup", "--apply"], ["doctor"], ["cases", "list"]]) {
      const { code, err } = await runHere([...words, "--backend", "nats", "--url", server.url]);
      assertEquals(code, exitCodes.unusable, err);
      assertMatch(
        err,
        /^The stream CASES is of a store of an earlier version: use another account or server/,
      );
    }
  },
);

natsTest("an event that the server can't take is refused, and what follows goes on", async () => {
  await using server = await startNats({ config: "max_payload: 8192" });
  const backend = await openNats({ url: server.url });
  const event = anEvent("a", 1);
  // Records are compressed: what fits no message is what does not shrink.
  const text = crypto.getRandomValues(new Uint8Array(10_000)).toBase64();
  const large = { ...event, data: { ...event.data, text } };
  assertOneLine(await assertRejects(() => backend.append([large]), BackendUnusable), "too large");
  assertEquals((await backend.append([event])).stored, 1);
  await backend.close();
});
