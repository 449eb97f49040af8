/** `relay` as people use it: to a file, to NATS, into another store; killed in between, steered, refused. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-deno";
import { CloudEvent as Judged } from "cloudevents";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { readInput } from "../../../schema/input.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { waitUntil } from "../../support/servers/embedded_processes.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

let [server, nats, folder]: [TestPostgres, TestNats, string] = [] as never;
natsTest.beforeAll(async () => {
  [server, nats, folder] = await Promise.all([
    startPostgres({ fsync: false }),
    startNats(),
    Deno.makeTempDir({ prefix: "zaakstroom-relay-" }),
  ]);
});
natsTest.afterAll(async () => {
  await Promise.all([server[Symbol.asyncDispose](), nats[Symbol.asyncDispose]()]);
  await Deno.remove(folder, { recursive: true });
});

const intake = (case_id: string) =>
  readInput({ case_id, citizen_bsn: "123456782", debt_amount: 500, debt_type: "huur" });
const withdrawn = (case_id: string) =>
  readInput({ event_type: "case.withdrawn", data: { case_id, reason: "solved" } });

/** A store with cases of two events each. */
async function filled(count: number): Promise<string> {
  const url = await server.freshStore();
  const backend = await openPostgres({ url });
  const cases = Array.from({ length: count }, (_, i) => `zaak-${i}`);
  await backend.append(cases.map(intake));
  await backend.append(cases.map(withdrawn));
  await backend.close();
  return url;
}

interface Arrived {
  readonly id: string;
  readonly subject: string;
  readonly caseversion: number;
}

/** Every event once, and those of a case by their versions. */
function assertWhole(arrived: readonly Arrived[], cases: number): void {
  assertEquals([arrived.length, new Set(arrived.map(({ id }) => id)).size], [2 * cases, 2 * cases]);
  const versions = new Map<string, number>();
  for (const { subject, caseversion } of arrived) {
    assertEquals(Number(caseversion), (versions.get(subject) ?? 0) + 1);
    versions.set(subject, Number(caseversion));
  }
}

async function linesOf(path: string): Promise<(Arrived & Record<string, unknown>)[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Messages of a stream, with their headers. */
async function messagesOf(
  stream: string,
): Promise<(Arrived & { readonly at: string; readonly data: object })[]> {
  const connection = await connect({ servers: nats.url });
  const { streams } = await jetstreamManager(connection);
  const { state } = await streams.info(stream);
  const found = [];
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const message = (await streams.getMessage(stream, { seq }))!;
    const header = (name: string) => message.header.get(`ce-${name}`);
    found.push({
      ...{ id: header("id"), subject: header("subject"), caseversion: Number(header("caseversion")) },
      ...{ at: message.subject, data: message.json<object>() },
    });
  }
  await connection.close();
  return found;
}

natsTest("a file has each event once when the relay is killed in between, without a BSN", async () => {
  const [url, path] = [await filled(2_000), `${folder}/killed.ndjson`];
  const args = ["relay", "--to", path, "--url", url];
  {
    await using killed = Program.start(args);
    await waitUntil(async () => (await Deno.stat(path).catch(() => ({ size: 0 }))).size > 0);
    await killed.kill9();
  }
  const ended = await runHere([...args, "--until-idle"]);
  assertEquals(ended.code, 0, ended.err);
  const lines = await linesOf(path);
  assertWhole(lines, 2_000);
  assertEquals(new Judged(lines[0]!, true).validate(), true);
  assert(!(await Deno.readTextFile(path)).includes("123456782"));
});

natsTest("a stream has each event once on its own subject when the relay is killed in between", async () => {
  const url = await filled(300);
  const args = ["relay", "--to", nats.url, "--stream", "KILLED", "--prefix", "killed", "--url", url];
  const connection = await connect({ servers: nats.url });
  const { streams } = await jetstreamManager(connection);
  {
    await using killed = Program.start(args);
    await waitUntil(async () =>
      (await streams.info("KILLED").catch(() => undefined))?.state.last_seq !== undefined
    );
    await killed.kill9();
  }
  const ended = await runHere([...args, "--until-idle"]);
  assertEquals(ended.code, 0, ended.err);
  const messages = await messagesOf("KILLED");
  assertWhole(messages, 300);
  assertEquals([...new Set(messages.map(({ at }) => at))].toSorted(), ["killed.intake", "killed.withdrawn"]);
  const other = [
    "relay",
    "--to",
    nats.url,
    "--stream",
    "KILLED",
    "--prefix",
    "killed",
    "--name",
    "other",
    "--url",
    url,
  ];
  const refused = await runHere([...other, "--until-idle"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.err, /is written by another one/);
  const overlapping = await runHere([
    ...["relay", "--to", nats.url, "--stream", "SECOND", "--prefix", "killed", "--name", "second"],
    ...["--url", url, "--until-idle"],
  ]);
  assertMatch(overlapping.err, /the stream KILLED has events on killed/);
  await connection.close();
});

natsTest("reported types are handed into another store, once however often they are sent", async () => {
  const url = await filled(20);
  const target = await openNats({ url: nats.url, stream: "OTHER", prefix: "other" });
  const args = [
    ...["relay", "--to", nats.url, "--into", "ingest", "--prefix", "other", "--name", "handed", "--url", url],
    ...["--personal", "all", "--reason", "moved", "--as", "j.jansen", "--until-idle"],
  ];
  const stop = new AbortController();
  const node = (async () => {
    const processor = { name: "nobody", version: 1, takes: ["case.completed"] };
    for await (const mailbox of target.mailboxes(processor, stop.signal)) await mailbox.close();
  })();
  for (let times = 0; times < 2; times++) {
    const { code, err } = await runHere(args);
    assertEquals(code, 0, err);
    await waitUntil(async () => (await Array.fromAsync(target.readAll())).length === 40);
    const rewound = await runHere(["relay", "rewind", "handed", "--reason", "again", "--url", url]);
    assertEquals(rewound.code, 0, rewound.err);
  }
  const [first] = await Array.fromAsync(target.readCase("zaak-0"));
  assertEquals(first!.event.data.citizen_bsn, "123456782");
  stop.abort();
  await node;
  await target.close();
  const source = await openPostgres({ url });
  const trail = (await source.audit("relays")).map(({ act, by }) => [act, by]);
  assertEquals(trail[0], ["relay_personal", "j.jansen (account postgres)"]);
  await source.close();
});

natsTest("a relay on JetStream brings its log to a file", async () => {
  // The store of the command line is the one of the default names.
  const store = await openNats({ url: nats.url });
  await store.append(["c", "d"].map(intake));
  await store.append(["c", "d"].map(withdrawn));
  await store.close();
  const path = `${folder}/jetstream.ndjson`;
  const { code, err } = await runHere([
    "relay",
    "--to",
    path,
    "--backend",
    "nats",
    "--url",
    nats.url,
    "--until-idle",
  ]);
  assertEquals(code, 0, err);
  assertWhole(await linesOf(path), 2);
  // Its own fan-out has these subjects: two logs would be mixed on them.
  const on = ["--backend", "nats", "--url", nats.url];
  assertEquals((await runHere(["setup", ...on, "--fan-out", "on"])).code, 0);
  const mixed = await runHere(["relay", "--to", nats.url, "--stream", "MIXED", ...on, "--until-idle"]);
  assertMatch(mixed.err, /the stream CASES_events has events on cases\.\*/);
});

natsTest("a node brings its log to several targets beside its work, in order and once", async () => {
  const [url, one, other] = [await server.freshStore(), `${folder}/node-1.ndjson`, `${folder}/node-2.ndjson`];
  const { code, err } = await run([
    ...["start", "--url", url, "--port", "0", "--count", "20", "--until-idle", "--relay", `${one},${other}`],
  ]);
  assertEquals(code, 0, err);
  // What the node had no time for is brought by the next one.
  for (const path of [one, other]) {
    assertEquals((await runHere(["relay", "--to", path, "--url", url, "--until-idle"])).code, 0);
  }
  const backend = await openPostgres({ url });
  const stored = await Array.fromAsync(backend.readAll());
  await backend.close();
  for (const path of [one, other]) {
    const ids = (await linesOf(path)).map(({ id }) => id);
    assertEquals(ids.toSorted(), stored.map(({ event }) => event.event_id).toSorted());
  }
});

natsTest("relays are listed, shown, paused, resumed, rewound and removed", async () => {
  const [url, path] = [await filled(3), `${folder}/steered.ndjson`];
  const on = (...args: string[]) => runHere(["relay", ...args, "--url", url]);
  assertMatch((await on("list")).out, /^There is no relay/);
  assertEquals((await on("--to", path, "--until-idle")).code, 0);
  const name = JSON.parse((await on("list", "--json")).out).relays[0].name;
  assertEquals((await on("pause", name, "--reason", "maintenance")).out, `${name}: paused`);
  const status = JSON.parse((await on("status", name, "--json")).out);
  assertEquals([status.state, status.why, status.delivered], ["paused", "maintenance", 6]);
  assertEquals((await on("resume", name, "--reason", "done")).out, `${name}: running`);
  await on("rewind", name, "--from-position", "4", "--reason", "again");
  assertEquals((await on("--to", path, "--until-idle")).code, 0);
  assertEquals((await linesOf(path)).length, 9);
  assertEquals((await on("remove", name, "--reason", "over")).out, `${name} is removed`);
  assertRefused(await on("status", name), 7, /There is no relay/);
});

natsTest("a relay refuses in one line what can't go together", async () => {
  const refusals: [string, RegExp][] = [
    ["--until-idle", /relay needs --to/],
    ["--to ftp://host/events", /Cannot use --to ftp:\/\/…: name a file/],
    [
      "--to /nowhere/events.ndjson",
      /Cannot use --to \/nowhere\/events\.ndjson: there is no folder \/nowhere/,
    ],
    ["--to a.ndjson --mode batch", /Cannot use --mode batch with file/],
    ["--to a.ndjson --stream A", /Cannot use --stream: it is for nats/],
    ["--to nats://host --into ingest", /needs?.*--personal all|without --personal all/],
    ["--to a.ndjson --personal citizen_bsn", /without --reason/],
    ["pause copy", /relay pause needs --reason/],
  ];
  for (const [args, message] of refusals) {
    const { code, err } = await runHere(["relay", ...args.split(" ")]);
    assertEquals(code, 2, err);
    assertMatch(err, message);
  }
});
