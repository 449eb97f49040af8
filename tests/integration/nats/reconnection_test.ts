/** A server that refuses a client which it took before: an outage like any other, whose reason is told. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { nkeys } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { caseIntake, NatsEventPublisher } from "../../../backends/publishers.ts";
import { Program } from "../../support/program.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";

const user = (password: string) => `authorization { user: ann, password: "${password}" }`;
const credentials = { user: "ann", pass: "one" };
const REFUSED = /NATS refuses the user: check the credentials/;

const intake = caseIntake({
  case_id: "a",
  citizen_bsn: "123456782",
  debt_amount: 100,
  debt_type: "parkeerboete",
});

function startNode(server: TestNats, ...flags: string[]): Program {
  return Program.start(
    ["start", "--backend", "nats", "--url", server.url, "--port", "0", "--workers", "1", ...flags],
    { asNode: true },
  );
}

/** Publishes a case through a connection of its own, and waits until the node has decided it. */
async function assertWorks(node: Program, publisher: NatsEventPublisher): Promise<void> {
  const settled = await fetch(new URL("metrics", await node.serving())).then((answer) => answer.text());
  const before = settledOf(settled);
  await publisher.publish(intake);
  for (;;) {
    const now = await fetch(new URL("metrics", await node.serving())).then((answer) => answer.text());
    if (settledOf(now) > before) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function settledOf(metrics: string): number {
  const counts = [...metrics.matchAll(/^event_processed_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Resolves when the server has refused this many more attempts to connect. */
async function refusals(server: TestNats, more: number): Promise<void> {
  const count = async () => {
    const log = await Deno.readTextFile(`${server.storeDir}/../server.log`);
    return log.split("authentication error").length;
  };
  const before = await count();
  while (await count() < before + more) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function assertStops(node: Program): Promise<void> {
  node.signal("SIGTERM");
  const { code, err } = await node.ended();
  assertEquals(code, 0, err);
}

natsTest("a node whose password is refused when it reconnects says so, waits, and goes on", async () => {
  await using server = await startNats({ config: user("one"), credentials });
  await using node = startNode(server, "--nats-user", "ann", "--nats-password", "one");
  const where = await node.serving();
  server.reload(user("two"));
  await node.err.waitForLine(REFUSED);
  while (!REFUSED.test(await (await fetch(new URL("health", where))).text())) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // The server drops it once more at each of its attempts.
  await refusals(server, 5);
  server.reload(user("one"));
  await node.err.waitForLine(/backend available again/);
  const publisher = await NatsEventPublisher.create(server.url, {
    credentials: { user: "ann", password: "one" },
  });
  await assertWorks(node, publisher);
  await publisher.close();
  await assertStops(node);
});

natsTest(
  "a node reads its credentials file anew when it reconnects, and survives a half-written one",
  async () => {
    const [first, second] = [nkeys.createUser(), nkeys.createUser()];
    const seedOf = (key: typeof first) => new TextDecoder().decode(key.getSeed());
    const config = (key: typeof first) =>
      `authorization { users: [{ nkey: ${key.getPublicKey()} }, ann] }`
        .replace(", ann", ", { user: ann, password: one }");
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, seedOf(first));
    await using server = await startNats({ config: config(first), credentials });
    await using node = startNode(server, "--nats-nkey", file);
    await node.serving();
    await Deno.writeTextFile(file, "SUAB half");
    server.reload(config(second));
    await node.err.waitForLine(REFUSED);
    await Deno.remove(file);
    await refusals(server, 2);
    await Deno.writeTextFile(file, seedOf(second));
    await node.err.waitForLine(/backend available again/);
    const publisher = await NatsEventPublisher.create(server.url, {
      credentials: { user: "ann", password: "one" },
    });
    await assertWorks(node, publisher);
    await publisher.close();
    await assertStops(node);
    await Deno.remove(file);
  },
);

natsTest("a program that only publishes gets a rejected promise with the reason, and goes on", async () => {
  await using server = await startNats({ config: user("one"), credentials });
  const publisher = await NatsEventPublisher.create(server.url, {
    credentials: { user: "ann", password: "one" },
  });
  await publisher.publish(intake);
  server.reload(user("two"));
  const refused = () => publisher.publish(intake).then(() => "", ({ message }) => message);
  while (!REFUSED.test(await refused())) await new Promise((resolve) => setTimeout(resolve, 20));
  await assertRejects(() => publisher.publish(intake), BackendUnavailable, "check the credentials");
  server.reload(user("one"));
  while (await refused() !== "") await new Promise((resolve) => setTimeout(resolve, 20));
  await publisher.close();
});
