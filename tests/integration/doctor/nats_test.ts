/** `doctor` on NATS: what it finds on servers with good and bad settings, and that it changes nothing. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import type { Finding } from "../../../backends/diagnosis/finding.ts";
import { run, runHere } from "../../support/program.ts";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { api } from "../../support/nats_store_check.ts";
import { startNatsCluster } from "../../support/servers/nats_cluster.ts";
import {
  findNatsServer,
  findNatsServerBeforeBatches,
  freePort,
  NATS_ANSWER,
  startNats,
} from "../../support/servers/nats_server.ts";

/** What doctor finds, by what it checked. */
async function findingsOn(url: string, ...args: string[]) {
  const doctor = ["doctor", "--backend", "nats", "--url", url, "--json", ...args];
  const { code, out, err } = await runHere(doctor);
  if (out === "") throw new Error(err);
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  const level = (check: string) => findings.find((each) => each.check === check)?.level;
  return { code, findings, level };
}

/** The streams of the server, as it lists them. */
async function streamsOf(url: string): Promise<unknown> {
  const connection = await connect({ servers: url });
  const { streams } = (await connection.request("$JS.API.STREAM.LIST", "{}", NATS_ANSWER)).json<
    { streams?: { config: unknown }[] }
  >();
  await connection.close();
  return (streams ?? []).map(({ config }) => config);
}

const setUp = (url: string, ...args: string[]) =>
  runHere(["setup", "--backend", "nats", "--url", url, ...args]);

natsTest("one server that syncs every write lacks replicas only, and stays as it is", async () => {
  const port = freePort();
  await using server = await startNats({ config: `http: "127.0.0.1:${port}"` });
  await setUp(server.url);
  const before = await streamsOf(server.url);
  const { code, findings, level } = await findingsOn(
    server.url,
    "--nats-monitoring",
    `http://127.0.0.1:${port}`,
  );
  const asking = findings.filter((each) => each.level === "problem" || each.level === "advice");
  assertEquals([code, ...asking.map(({ check }) => check)], [exitCodes.ok, "replicas"]);
  assertEquals([level("sync_interval"), level("disk"), level("streams")], ["ok", "ok", "ok"]);
  assertEquals(await streamsOf(server.url), before);
});

natsTest(
  "one server that syncs every two minutes is a problem, where its monitoring can be read",
  async () => {
    const port = freePort();
    await using server = await startNats({ syncAlways: false, config: `http: "127.0.0.1:${port}"` });
    const { code, level } = await findingsOn(server.url, "--nats-monitoring", `http://127.0.0.1:${port}`);
    assertEquals([code, level("sync_interval"), level("streams")], [exitCodes.failed, "problem", "advice"]);
    assertEquals((await findingsOn(server.url)).level("sync_interval"), "unknown");
    assertEquals((await findingsOn(server.url, "--nats-sync-always")).level("sync_interval"), "ok");
    assertEquals(await streamsOf(server.url), []);
  },
);

natsTest("a server without JetStream, and one before atomic batches, are problems", async () => {
  await using without = await startNats({ jetStream: false });
  const missing = await findingsOn(without.url);
  assertEquals([missing.code, missing.level("jetstream")], [exitCodes.failed, "problem"]);
  const program = await findNatsServerBeforeBatches();
  if (program === undefined) return;
  await using old = await startNats({ program });
  assertEquals((await findingsOn(old.url)).level("version"), "problem");
});

natsTest("streams that were changed, and fewer replicas than asked for, are problems", async () => {
  await using server = await startNats();
  await setUp(server.url);
  const connection = await connect({ servers: server.url });
  const { config } = (await connection.request("$JS.API.STREAM.INFO.CASES_log", "", NATS_ANSWER)).json<
    { config: object }
  >();
  await connection.request(
    "$JS.API.STREAM.UPDATE.CASES_log",
    JSON.stringify({ ...config, max_age: 3_600_000_000_000 }),
    NATS_ANSWER,
  );
  await connection.close();
  const { findings, level } = await findingsOn(server.url, "--replicas", "3");
  assertEquals([level("streams"), level("replicas")], ["problem", "problem"]);
  assertMatch(findings.find(({ check }) => check === "streams")!.found, /CASES_log \(.*max_age/);
});

natsTest("what a user may not publish to is named", async () => {
  const user = 'user: "node", password: "secret"';
  const config =
    `authorization { users: [{ ${user}, permissions: { publish: ["$JS.API.>", "$SYS.REQ.>", "cases.>", "cases-log.*", "cases-index.>", "cases-append.>", "cases-settle.*", "cases-commit.*", "$KV.CASES_relays.>"] } }] }`;
  await using server = await startNats({ config, credentials: { user: "node", pass: "secret" } });
  const { code, findings } = await findingsOn(
    server.url,
    "--nats-user",
    "node",
    "--nats-password",
    "secret",
  );
  const { found } = findings.find(({ check }) => check === "rights")!;
  assertEquals([code, found], [
    exitCodes.failed,
    "may not publish to $KV.CASES_leases.>, nor publish to cases-inbox.*, nor publish to cases-bell.*, " +
    "nor publish to cases-notify",
  ]);
});

natsTest("an account that has no room left for the streams, or little disk, is told", async () => {
  const account =
    'accounts { A { jetstream: { max_mem: 16MB, max_file: 64MB, max_streams: 2 }, users: [{ user: "a", password: "b" }] } }';
  await using server = await startNats({ config: account, credentials: { user: "a", pass: "b" } });
  const { level } = await findingsOn(server.url, "--nats-user", "a", "--nats-password", "b");
  assertEquals([level("max_streams"), level("max_memory"), level("disk")], ["problem", "ok", "ok"]);
});

natsTest("a cluster whose streams have three replicas is as wanted, until a member is away", async () => {
  await using cluster = await startNatsCluster({ syncAlways: true });
  await setUp(cluster.url, "--replicas", "3");
  for (const stream of ["CASES_log", "CASES_index", "CASES_ingest", "CASES_inbox", "KV_CASES_leases"]) {
    await cluster.settled(stream);
  }
  const { code, level } = await findingsOn(cluster.url, "--replicas", "3");
  assertEquals([code, level("replicas"), level("peers")], [exitCodes.ok, "ok", "ok"]);
  const leader = await cluster.leaderOf("CASES_log");
  const lost = cluster.members.find(({ name }) => name !== leader.name)!;
  await lost.server.kill9();
  await untilPeerIsMissing(cluster.url);
});

natsTest("the development server lacks replicas only, as one server does", async () => {
  await using place = await TestDirectory.make();
  const own = ["--backend", "nats", "--data-dir", place.dataDir];
  const env = { NATS_SERVER: await findNatsServer() };
  assertEquals((await run(["setup", ...own], { env })).code, exitCodes.ok);
  const { code, out } = await run(["doctor", ...own, "--json"], { env });
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  const asking = findings.filter(({ level }) => level === "problem" || level === "advice");
  assertEquals([code, ...asking.map(({ check }) => check)], [exitCodes.ok, "replicas"]);
});

/** A leader notices within some seconds that a replica is away; while one is elected, nothing may answer. */
async function untilPeerIsMissing(url: string): Promise<void> {
  const peers = () => findingsOn(url, "--replicas", "3").then(({ level }) => level("peers"), () => undefined);
  while (!["advice", "problem"].includes(await peers() ?? ""));
}

natsTest("a fan-out that asks where it is to go on is advice, until setup has the answer", async () => {
  await using server = await startNats();
  const askAll = async (...requests: readonly (readonly [subject: string, body: unknown])[]) => {
    const connection = await connect({ servers: server.url });
    for (const [subject, body] of requests) await api(connection, subject, body);
    await connection.close();
  };
  assertEquals((await setUp(server.url, "--fan-out", "off")).code, exitCodes.ok);
  assertEquals(
    (await streamsOf(server.url) as { name: string }[]).some(({ name }) => name === "CASES_events"),
    false,
  );
  await setUp(server.url);
  assertEquals((await findingsOn(server.url)).level("fan_out"), undefined);
  await run(["publish", "-", "--backend", "nats", "--url", server.url], {
    stdin: JSON.stringify({ case_id: "a", citizen_bsn: "999990019", debt_amount: 1, debt_type: "huur" }),
  });
  await askAll(["STREAM.PURGE.CASES_index", { filter: "cases-index.fan-out" }]);
  assertEquals((await findingsOn(server.url)).level("fan_out"), "advice");
  assertEquals((await setUp(server.url, "--fan-out-from", "now")).code, exitCodes.ok);
  assertEquals((await findingsOn(server.url)).level("fan_out"), undefined);
});
