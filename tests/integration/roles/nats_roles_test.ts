/** A node, a producer and a reader under the permissions that `setup --print-roles` prints, and what each may not do. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, type NatsConnection } from "@nats-io/transport-deno";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { BackendUnusable, caseIntake, NatsEventPublisher, NotAllowed } from "../../../backends/publishers.ts";
import { Program, run, runHere } from "../../support/program.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";

const ROLES = ["owner", "node", "producer", "reader", "replication", "mirror"];

let server: TestNats;

Deno.test.beforeAll(async () => {
  const { out } = await runHere(["setup", "--print-roles", "--backend", "nats"]);
  const passwords = ROLES.map((role) => `ZAAKSTROOM_${role.toUpperCase()}_PASSWORD: "of-${role}"`);
  server = await startNats({
    config: [...passwords, out].join("\n"),
    credentials: { user: "owner", pass: "of-owner" },
  });
  await done("setup", "--backend", "nats", "--url", as("owner"), "--partitions", "2");
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const as = (role: string) => server.url.replace("nats://", `nats://${role}:of-${role}@`);

async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await run(args);
  assertEquals(code, 0, `${args.join(" ")}: ${err}`);
  return out;
}

function connectAs(role: string): Promise<NatsConnection> {
  const { host } = new URL(server.url);
  return connect({ servers: host, user: role, pass: `of-${role}`, inboxPrefix: `_INBOX.${role}` });
}

const INTAKE = { case_id: "case-1", citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };

Deno.test("a producer leaves an event, a node takes it through, and a reader lists and shows it", async () => {
  const producer = await connectAs("producer");
  await jetstream(producer).publish("cases.ingest.producer", JSON.stringify(INTAKE));
  await producer.close();
  await done("start", "--backend", "nats", "--url", as("node"), "--until-idle", "--json", "--port", "0");
  assertMatch(await done("cases", "list", "--backend", "nats", "--url", as("reader")), /case-1/);
  assertMatch(
    await done("cases", "show", "case-1", "--backend", "nats", "--url", as("reader")),
    /case\.decision/,
  );
  const { out } = await run(["doctor", "--backend", "nats", "--json", "--url", as("node")]);
  const { findings } = JSON.parse(out);
  assertEquals(findings.find(({ check }: { check: string }) => check === "rights").level, "ok", out);
});

Deno.test("a reader hears the fan-out live and by a consumer of its own, and a node may write it", async () => {
  const reader = await connectAs("reader");
  try {
    const live = reader.subscribe("cases.decision", { max: 1 });
    const stream = jetstream(reader);
    await (await jetstreamManager(reader)).consumers.add("CASES_events", {
      durable_name: "dashboard",
      ack_policy: "explicit",
      filter_subject: "cases.decision.*",
    });
    const producer = await connectAs("producer");
    await jetstream(producer).publish(
      "cases.ingest.producer",
      JSON.stringify({ ...INTAKE, case_id: "case-2" }),
    );
    await producer.close();
    await using node = Program.start(["start", "--backend", "nats", "--url", as("node"), "--port", "0"]);
    await node.serving();
    const [message] = await Array.fromAsync(live);
    assertEquals(message!.string().includes("citizen_bsn"), false);
    const consumer = await stream.consumers.get("CASES_events", "dashboard");
    const kept = await consumer.next();
    assertEquals(kept!.headers!.get("ce-type"), "case.decision");
    assert(await kept!.ackAck());
    // It gives its leases back, and the next node is the owner at once.
    node.signal("SIGTERM");
    await node.ended();
  } finally {
    await reader.close();
  }
});

/** Requests that a user may not make. */
const REFUSED: Record<string, readonly [role: string, ...subjects: string[]]> = {
  "a node may publish to none of what it has no need of": [
    "node",
    "$JS.API.STREAM.DELETE.CASES_log",
    "$JS.API.STREAM.PURGE.CASES_log",
    "$JS.API.STREAM.UPDATE.CASES_log",
    "$JS.API.STREAM.MSG.DELETE.CASES_log",
    "$JS.API.STREAM.CREATE.OTHER",
    "$JS.API.STREAM.DELETE.KV_CASES_secret",
    "$JS.API.STREAM.DELETE.CASES_events",
    "$JS.API.STREAM.PURGE.CASES_events",
    "$KV.CASES_secret.ids",
    "$JS.API.STREAM.SNAPSHOT.CASES_log",
    "$SYS.REQ.SERVER.PING",
  ],
  "a producer may publish to none of what it has no need of": [
    "producer",
    "cases.ingest",
    "cases.ingest.another",
    "cases-log.0",
    "cases-append.0",
    "cases-append.0.another",
    "cases-commit.0",
    "cases-settle.0",
    "cases-index.manifest.0",
    "cases.decision.0",
    "$JS.API.STREAM.INFO.CASES_ingest",
    "$JS.API.STREAM.MSG.GET.CASES_log",
    "$JS.API.DIRECT.GET.CASES_log.cases-log.0",
    "$JS.API.STREAM.MSG.GET.CASES_ingest",
    "$JS.API.STREAM.MSG.GET.KV_CASES_secret",
  ],
  "a reader may publish to none of what it has no need of": [
    "reader",
    "cases.ingest",
    "cases-log.0",
    "cases-append.0",
    "cases-append.0.reader",
    "cases-commit.0",
    "cases-settle.0",
    "cases-index.manifest.0",
    "cases-bell.0",
    "cases-notify",
    "cases.decision.0",
    "cases.decision",
    "$JS.API.STREAM.PURGE.CASES_events",
    "$KV.CASES_leases.x",
    "$JS.API.STREAM.MSG.GET.KV_CASES_secret",
    "$JS.API.DIRECT.GET.KV_CASES_secret.$KV.CASES_secret.ids",
    "$JS.API.CONSUMER.CREATE.KV_CASES_secret.x.>",
    "$JS.API.STREAM.MSG.DELETE.CASES_log",
    "$JS.API.STREAM.PURGE.CASES_log",
    "$JS.API.STREAM.PURGE.CASES_index",
    "$JS.API.STREAM.MSG.GET.CASES_ingest",
  ],
};

for (const [name, [role, ...subjects]] of Object.entries(REFUSED)) {
  Deno.test(name, async () => {
    const connection = await connectAs(role);
    try {
      for (const subject of subjects) {
        const error = await connection.request(subject, "", { timeout: 10_000 }).then(
          () => undefined,
          (error) => error,
        );
        assertMatch(String(error?.message), /[Pp]ermissions [Vv]iolation/, subject);
      }
    } finally {
      await connection.close();
    }
  });
}

Deno.test("nobody hears what another is told, and the reader subscribes to nothing else either", async () => {
  const connection = await connectAs("reader");
  try {
    for (
      const subject of [
        "_INBOX.node.>",
        "_INBOX.>",
        "cases.>",
        "cases.ingest",
        "cases.*",
        "cases-notify",
        ">",
      ]
    ) {
      const error = await new Promise<Error | null>((resolve) =>
        connection.subscribe(subject, { callback: resolve })
      );
      assertMatch(String(error?.message), /[Pp]ermissions [Vv]iolation/, subject);
    }
  } finally {
    await connection.close();
  }
});

Deno.test("a copy has the secret too, and so has a backup", async () => {
  const connection = await connectAs("replication");
  try {
    const { streams } = await jetstreamManager(connection);
    const found = await streams.getMessage("KV_CASES_secret", { seq: 1 });
    assert(found!.string().length === 43);
  } finally {
    await connection.close();
  }
  const backups = await Deno.makeTempDir({ prefix: "zaakstroom-roles-" });
  await done("backup", "create", "--to", backups, "--backend", "nats", "--url", as("replication"));
  await Deno.remove(backups, { recursive: true });
});

Deno.test("a producer asks in its own name, which its permission binds, and is answered by a node of the least rights", async () => {
  const node = await openNats({ url: as("node") });
  const stop = new AbortController();
  const taken = Promise.withResolvers<void>();
  const taking = (async () => {
    const mailboxes = [];
    for await (const mailbox of node.mailboxes({ name: "p", version: 1, takes: [] }, stop.signal)) {
      if (mailboxes.push(mailbox) === 2) taken.resolve();
    }
    for (const mailbox of mailboxes) await mailbox.close();
  })();
  const asked = (producer: string) => new NatsEventPublisher(as("producer"), { producer });
  const [own, others] = [asked("producer"), asked("another")];
  try {
    await taken.promise;
    const intake = caseIntake({ ...INTAKE, case_id: "asked" });
    assertEquals((await own.publish(intake)).stored, 1);
    const payment = { event_type: "case.payment_received", data: { case_id: "asked", amount: 5 } };
    await assertRejects(() => own.publish(payment), NotAllowed, "producer may not send");
    await assertRejects(() => others.publish(intake), BackendUnusable);
    const stored = await Array.fromAsync(node.readCase("asked"));
    assertEquals(stored.map(({ event }) => event.metadata.source), ["producer"]);
  } finally {
    stop.abort();
    await taking;
    for (const each of [own, others, node]) await each.close();
  }
});
