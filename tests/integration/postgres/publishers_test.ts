/** Programs that store events: the brief's quick start, and the outbox inside their own transactions. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import {
  BackendUnavailable,
  BackendUnusable,
  caseIntake,
  EventIdConflict,
  InvalidEvent,
  PostgresEventPublisher,
  PublishAnalysis,
  PublishCase,
  PublishDecision,
  VersionConflict,
} from "../../../backends/publishers.ts";
import { waitUntil } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { Program, runHere } from "../../support/program.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const BRIEF = { case_id: "123", citizen_bsn: "987654321", debt_amount: 500.00, debt_type: "parkeerboete" };

/** A publisher on a database of its own, and eyes on it that are not the publisher's. */
class Desk implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly publisher: PostgresEventPublisher,
    readonly sql: postgres.Sql,
  ) {}

  static async open(): Promise<Desk> {
    const url = await server.freshStore();
    return new Desk(url, new PostgresEventPublisher(url), postgres(url, { max: 2, onnotice: () => {} }));
  }

  async stored(): Promise<string[]> {
    const rows = await this
      .sql`select case_id || ' ' || type as line from zaakstroom.events order by position`;
    return rows.map(({ line }) => line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.publisher.close();
    await this.sql.end();
  }
}

Deno.test("the brief's quick start stores its event", async () => {
  await using desk = await Desk.open();
  const { stored, duplicates, version } = await desk.publisher.publish(caseIntake(BRIEF));
  assertEquals({ stored, duplicates, version }, { stored: 1, duplicates: 0, version: 1 });
  const [row] = await desk.sql`select data, metadata from zaakstroom.events`;
  assertEquals(row!.data, {
    organization: "onbekend",
    intake_channel: "online",
    priority: "normal",
    ...BRIEF,
  });
  assertEquals(row!.metadata.marks, ["bsn_fails_eleven_test"]);
});

Deno.test("amounts are stored with two decimals", async () => {
  await using desk = await Desk.open();
  await desk.publisher.publish(caseIntake(BRIEF));
  const [row] = await desk.sql`select data::text as text from zaakstroom.events`;
  assertMatch(row!.text, /"debt_amount":500\.00[,}]/);
});

Deno.test("publishAll stores all of its events or none, in their order", async () => {
  await using desk = await Desk.open();
  await desk.publisher.publishAll(["b", "a", "c"].map((case_id) => caseIntake({ ...BRIEF, case_id })));
  assertEquals(await desk.stored(), ["b case.intake", "a case.intake", "c case.intake"]);
  const halfBad = [caseIntake({ ...BRIEF, case_id: "d" }), caseIntake({ ...BRIEF, debt_amount: 0.001 })];
  const error = await assertRejects(() => desk.publisher.publishAll(halfBad), InvalidEvent);
  assertMatch(error.message, /data\.debt_amount: an amount has at most two decimals/);
  assertEquals((await desk.stored()).length, 3);
  assertEquals((await desk.publisher.publishAll([])).stored, 0);
});

Deno.test("an invalid event is refused before anybody connects", async () => {
  const publisher = new PostgresEventPublisher("postgres://nobody@127.0.0.1:1/nowhere");
  await assertRejects(() => publisher.publish({ event_type: "case.moved", data: {} }), InvalidEvent);
  await assertRejects(
    () => publisher.publish(caseIntake(BRIEF), { strict: true }),
    InvalidEvent,
    "eleven-test",
  );
  await assertRejects(() => publisher.publish(caseIntake(BRIEF)), BackendUnavailable);
  await publisher.close();
});

Deno.test("an expected version that is not so is a conflict with both versions", async () => {
  await using desk = await Desk.open();
  const { publisher } = desk;
  await publisher.publish(caseIntake(BRIEF), { expected: "none" });
  const again = await assertRejects(
    () => publisher.publish(caseIntake(BRIEF), { expected: "none" }),
    VersionConflict,
  );
  assertEquals([again.caseId, again.expected, again.actual], ["123", "none", 1]);
  const withdrawn = { event_type: "case.withdrawn", data: { case_id: "123", reason: "solved" } };
  assertEquals((await publisher.publish(withdrawn, { expected: { exact: 1 } })).version, 2);
  const late = await assertRejects(
    () => publisher.publish(withdrawn, { expected: { exact: 1 } }),
    VersionConflict,
  );
  assertEquals(late.actual, 2);
});

Deno.test("the same event twice is one event; the same id with other content is refused", async () => {
  await using desk = await Desk.open();
  const event = { ...caseIntake(BRIEF), event_id: crypto.randomUUID() };
  const first = await desk.publisher.publish(event);
  const second = await desk.publisher.publish(event);
  assertEquals([second.stored, second.duplicates, second.position], [0, 1, first.position]);
  const other = { ...event, data: { ...BRIEF, debt_amount: 501 } };
  const error = await assertRejects(() => desk.publisher.publish(other), EventIdConflict);
  assertEquals(error.eventId, event.event_id);
});

Deno.test("a thousand publishers at once on a new database make one store", async () => {
  await using desk = await Desk.open();
  const publishers = Array.from({ length: 4 }, () => new PostgresEventPublisher(desk.url));
  const sent = publishers.flatMap((publisher, p) =>
    Array.from({ length: 250 }, (_, i) => publisher.publish(caseIntake({ ...BRIEF, case_id: `${p}/${i}` })))
  );
  await Promise.all(sent);
  await Promise.all(publishers.map((publisher) => publisher.close()));
  assertEquals(new Set(await desk.stored()).size, 1000);
});

Deno.test("the typed front doors send the brief's other events", async () => {
  await using desk = await Desk.open();
  await new PublishCase(desk.publisher).publish(BRIEF);
  await new PublishAnalysis(desk.publisher).publish({
    case_id: "123",
    risk_score: 75,
    success_probability: 0.65,
    recommended_action: "payment_plan",
    estimated_savings: 5200.00,
    analysis_confidence: 0.92,
  });
  const decision = {
    case_id: "123",
    decision: "forgive",
    decided_by: "caseworker-7",
    reason: "text",
    next_steps: ["act"],
  } as const;
  await new PublishDecision(desk.publisher).publish(decision);
  assertEquals(await desk.stored(), ["123 case.intake", "123 case.analysis", "123 case.decision"]);
});

Deno.test("a publisher closes before its first event, twice, and after it could not connect", async () => {
  const unused = new PostgresEventPublisher(server.url);
  await unused.close();
  await unused.close();
  const refused = new PostgresEventPublisher(server.url.replace(/postgres$/, "nowhere"));
  await assertRejects(() => refused.publish(caseIntake(BRIEF)), BackendUnusable, "3D000");
  await refused.close();
});

Deno.test("an event in the outbox comes and goes with the application's own transaction", async () => {
  await using desk = await Desk.open();
  const { sql, url } = desk;
  await desk.publisher.publish(caseIntake({ ...BRIEF, case_id: "before" }));
  await sql`create table applications (id text primary key)`;
  const write = (tx: postgres.TransactionSql, case_id: string) => [
    tx`insert into applications values (${case_id})`,
    tx`insert into zaakstroom.outbox (event) values (${JSON.stringify({ ...BRIEF, case_id })}::text::json)`,
  ];
  await using node = Program.start(["start", "--url", url, "--json", "--port", "0"]);
  await node.serving();
  await sql.begin(async (tx) => {
    await Promise.all(write(tx, "undone"));
    throw new Error("roll back");
  }).catch(() => {});
  await sql.begin((tx) => write(tx, "kept"));
  await sql`insert into zaakstroom.outbox (event) values ('{"event_type":"case.moved","data":{}}'), ('42')`;
  await waitUntil(async () => (await desk.stored()).includes("kept case.analysis"));
  const events = await desk.stored();
  assertEquals(events.filter((line) => line === "kept case.intake").length, 1);
  assertEquals(events.filter((line) => line.startsWith("undone")), []);
  await waitUntil(async () =>
    (await sql`select from zaakstroom.outbox where refused_for is null`).length === 0
  );
  const left = await sql`select refused_for from zaakstroom.outbox order by id`;
  assertEquals(left.length, 2);
  assertMatch(left[0]!.refused_for, /event_type: must be one of case\.intake/);
  assertMatch(left[1]!.refused_for, /an event must be a JSON object/);
  const listed = JSON.parse((await runHere(["inbox", "list", "--url", url, "--json"])).out);
  assertEquals([listed.total, listed.refused[1].reason], [2, "an event must be a JSON object"]);
  const shown = await runHere(["inbox", "show", listed.refused[1].id, "--url", url, "--json"]);
  assertEquals(JSON.parse(shown.out).text, "not shown: 2 characters that are no JSON object");
  assertEquals((await sql`select event::text from zaakstroom.outbox order by id`)[1]!.event, "42");
  node.signal("SIGTERM");
  const { code, err } = await node.ended();
  assertEquals(code, 0);
  assertEquals([...err.matchAll(/"event":"input_refused".*"reason":"invalid"/g)].length, 2);
});

Deno.test("an outbox event whose id is stored with other content stays behind, and holds up nobody", async () => {
  await using desk = await Desk.open();
  const event = { ...caseIntake(BRIEF), event_id: crypto.randomUUID() };
  await desk.publisher.publish(event);
  const clash = JSON.stringify({ ...event, data: { ...BRIEF, debt_amount: 1 } });
  const fine = JSON.stringify({ ...BRIEF, case_id: "behind" });
  await desk.sql`insert into zaakstroom.outbox (event) values (${clash}::text::json), (${fine}::text::json)`;
  await using node = Program.start(["start", "--url", desk.url, "--json", "--port", "0"]);
  await node.serving();
  await waitUntil(async () => (await desk.stored()).includes("behind case.intake"));
  const left = await desk.sql`select refused_for from zaakstroom.outbox`;
  assertMatch(left[0]!.refused_for, /stored already, with other content/);
  node.signal("SIGTERM");
  assertEquals((await node.ended()).code, 0);
});
