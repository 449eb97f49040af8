/** Rows of the log that other hands wrote: refused by the database, and where it had no checks, harmless. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import { storeRow } from "../../../schema/delivery_line.ts";
import { derivedIds } from "../../../schema/ids.ts";
import { partitionOf } from "../../../schema/partition.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { anEvent } from "../../support/events.ts";
import { Program, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const PARTITIONS = 4;

/** A row of `events` as text; what is left out is as it should be. */
interface Row {
  readonly case_id?: string;
  readonly type?: string;
  readonly partition?: number;
  readonly version?: number;
  readonly event_id?: string;
  readonly schema_version?: number;
  readonly occurred_at?: string;
  readonly recorded_at?: string;
  readonly data?: string;
  readonly metadata?: string;
}

function intakeOf(case_id: string): string {
  const amount = { debt_amount: 1250.5, debt_type: "huur", organization: "gemeente" };
  return JSON.stringify({
    case_id,
    citizen_bsn: "123456782",
    ...amount,
    intake_channel: "online",
    priority: "normal",
  });
}

async function insert(sql: postgres.Sql, row: Row): Promise<void> {
  const { case_id = "foreign", type = "case.intake", version = 1, schema_version = 1 } = row;
  const { occurred_at = "2026-03-01 12:00+00", recorded_at = "2026-03-01 12:00+00" } = row;
  const { event_id = crypto.randomUUID() } = row;
  const { data = intakeOf(case_id), metadata = `{"schema_version":1}` } = row;
  const { partition = partitionOf(case_id, PARTITIONS) } = row;
  await sql`insert into zaakstroom.events
      (partition, type, case_id, version, event_id, schema_version, occurred_at, recorded_at, data, metadata)
    values (${partition}, ${type}, ${case_id}, ${version}, ${event_id}, ${schema_version},
      ${occurred_at}::text::timestamptz, ${recorded_at}::text::timestamptz, ${data}::text::json, ${metadata}::text::json)`;
}

/** What can be no event. */
const REFUSED: readonly Row[] = [
  ...["", "a\tb", "a\nb", "\u007f"].map((case_id) => ({ case_id })),
  { partition: -1 },
  ...[0, -7].map((version) => ({ version })),
  ...["infinity", "-infinity"].flatMap((at) => [{ occurred_at: at }, { recorded_at: at }]),
  ...["null", `"text"`, "[]", "7"].flatMap((json) => [{ data: json }, { metadata: json }]),
];

Deno.test("the database refuses rows that can be no event, whoever inserts them", async () => {
  const sql = postgres(await server.freshStore(PARTITIONS), { max: 1, onnotice: () => {} });
  try {
    for (const row of REFUSED) {
      const error = await assertRejects(() => insert(sql, row), postgres.PostgresError);
      assertEquals([error.code, error.constraint_name], ["23514", "events_well_formed"], JSON.stringify(row));
    }
    await insert(sql, { case_id: "é".repeat(128), metadata: "{}" });
  } finally {
    await sql.end();
  }
});

/** Takes the check of the log away, as a person with all rights could. */
async function dropCheck(sql: postgres.Sql): Promise<void> {
  await sql`alter table zaakstroom.events drop constraint events_well_formed`;
}

/** What is planted for a case each, and why it is a dead letter. */
const PLANTED: readonly (readonly [Row, RegExp])[] = [
  [{ case_id: "tab\there" }, /fields instead of/],
  [{ case_id: "line\nbreak" }, /no control characters/],
  [{ case_id: "text", data: `"nothing"` }, /data: is not a JSON object/],
  [{ case_id: "null", data: "null" }, /data: is not a JSON object/],
  [{ case_id: "array", data: "[1]" }, /data: is not a JSON object/],
  [{ case_id: "unmarked", metadata: "null" }, /metadata: is not a JSON object/],
  [{ case_id: "tabs", data: intakeOf("tabs").replace(",", ",\t") }, /fields instead of/],
  [{ case_id: "far", occurred_at: "290000-01-01" }, /timestamp: is not a date/],
  [{ case_id: "empty", data: "{}" }, /citizen_bsn/],
  [{ case_id: "poor", data: `{"case_id":"poor"}` }, /citizen_bsn/],
  [{ case_id: "alien", data: intakeOf("other") }, /must be the case_id/],
  [{ case_id: "future", schema_version: 9, metadata: `{"schema_version":9}` }, /No path from case.intake/],
  [{ case_id: "wrong", metadata: `{"schema_version":"x","marks":7}`, data: `{"case_id":7}` }, /case_id/],
];

const HEALTHY = ["healthy-1", "healthy-2", "healthy-3"];

Deno.test("what other hands wrote past the checks is a dead letter each, and everything else goes on", async () => {
  const url = await server.freshStore(PARTITIONS);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await dropCheck(sql);
    for (const [row] of PLANTED) await insert(sql, row);
    const pretty = JSON.stringify(JSON.parse(intakeOf(HEALTHY[0]!)), null, 2);
    await insert(sql, { case_id: HEALTHY[0]!, data: pretty, metadata: `{\n"schema_version": 1 }` });
    await insert(sql, { case_id: "untaken", type: "no\ttype", data: "7" });
  } finally {
    await sql.end();
  }
  const stdin = HEALTHY.slice(1).map((case_id) => intakeOf(case_id)).join("\n");
  assertEquals((await run(["publish", "-", "--url", url], { stdin })).code, 0);
  const { code, err } = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0"]);
  assertEquals(code, 0, err);
  await assertListed(url);
  await assertDead(url);
});

/** Nothing of what lists and shows dies of it. */
async function assertListed(url: string): Promise<void> {
  const ask = async (...args: string[]) => {
    const { code, out, err } = await runHere([...args, "--url", url]);
    assertEquals(code, 0, `${args.join(" ")}: ${err}`);
    return out;
  };
  // The list has what is an event; of what is none, and of what waits for a newer program, the read model says so.
  await ask("cases", "list", "--limit", "100", "--json");
  const models = await ask("projections", "status", "--json");
  assertMatch(models, /No path from case.intake/);
  assertMatch(models, /"skipped":[1-9]/);
  for (const caseId of [...PLANTED.map(([row]) => row.case_id!), "untaken"]) {
    await ask("cases", "show", caseId);
    await ask("cases", "show", caseId, "--json");
  }
  for (const caseId of HEALTHY) {
    assertMatch(await ask("cases", "show", caseId), /case\.(decision|review_requested)/);
  }
  await ask("cases", "review");
  const shown = await ask("dlq", "list");
  assert(!shown.includes("123456782"));
}

async function assertDead(url: string): Promise<void> {
  const { out } = await runHere(["dlq", "list", "--limit", "100", "--json", "--url", url]);
  interface ShownDeadLetter {
    readonly position: number;
    readonly processor: string;
    readonly attempts: number;
    readonly failures: readonly { readonly message: string }[];
  }
  const letters: ShownDeadLetter[] = JSON.parse(out).dead_letters.filter((each: ShownDeadLetter) =>
    each.processor === "intake"
  );
  assertEquals(letters.length, PLANTED.length);
  for (const [i, { attempts, failures, position }] of letters.entries()) {
    const [row, reason] = PLANTED[i]!;
    assertEquals(attempts, 1, row.case_id);
    assertMatch(failures[0]!.message, reason, row.case_id);
    const shown = await runHere(["dlq", "show", `${position}`, "--url", url]);
    assertEquals(shown.code, 0, shown.err);
    assert(!shown.out.includes("123456782"));
  }
}

Deno.test("what comes of an event and can't be stored is a dead letter of that event alone", async () => {
  const url = await server.freshStore(PARTITIONS);
  const event_id = "019b76da-a800-7000-8000-000000000007";
  const timestamp = "2026-03-01T12:00:00.000Z";
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    // The id that the analysis of the intake below will have, and a version behind which there is none.
    const [store] = await sql`select secret from zaakstroom.store_secret`;
    const taken = derivedIds(store!["secret"])(event_id, Date.parse(timestamp), "intake", 0);
    await insert(sql, {
      case_id: "squatter",
      type: "case.withdrawn",
      event_id: taken,
      data: `{"case_id":"squatter"}`,
    });
    await insert(sql, { case_id: "endless", version: 2_147_483_647 });
    for (const caseId of ["left-1", "endless", "left-2"]) {
      await sql`insert into zaakstroom.outbox (event) values (${intakeOf(caseId)}::text::json)`;
    }
  } finally {
    await sql.end();
  }
  const intakes = ["squatted", ...HEALTHY].map((caseId) => ({
    event_type: "case.intake",
    timestamp,
    ...(caseId === "squatted" ? { event_id } : {}),
    data: JSON.parse(intakeOf(caseId)),
  }));
  const stdin = intakes.map((each) => JSON.stringify(each)).join("\n");
  const published = await run(["publish", "-", "--url", url], { stdin });
  assertEquals(published.code, 0, published.err);
  const { code, err } = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0"]);
  assertEquals(code, 0, err);
  const { out } = await runHere(["dlq", "list", "--json", "--url", url]);
  interface ShownDeadLetter {
    readonly case_id: string;
    readonly processor: string;
    readonly error: string;
  }
  const letters: ShownDeadLetter[] = JSON.parse(out).dead_letters;
  const refused = letters.filter(({ error }) => error === "SettlementRefused");
  assertEquals(
    refused.map(({ case_id, processor }) => `${case_id} at ${processor}`).sort(),
    ["endless at intake", "squatted at intake"],
  );
  const inbox = JSON.parse((await runHere(["inbox", "list", "--json", "--url", url])).out);
  const reason = "PostgreSQL refuses (22003): a number is out of its range";
  assertEquals([inbox.total, inbox.refused[0].reason], [1, reason]);
  const direct = await run(["publish", "-", "--url", url], { stdin: intakeOf("endless") });
  assertEquals([direct.code, direct.err.includes(reason)], [exitCodes.unusable, true], direct.err);
  for (const caseId of ["left-1", "left-2", ...HEALTHY]) {
    assertMatch(
      (await runHere(["cases", "show", caseId, "--url", url])).out,
      /case\.(decision|review_requested)/,
    );
  }
});

Deno.test("a timer whose event can't be stored is in the inbox, and the others fire", async () => {
  const url = await server.freshStore(PARTITIONS);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const left = async () => (await sql`select count(*)::int as n from zaakstroom.timers`)[0]!["n"];
  const rowOf = (caseId: string) =>
    storeRow(anEvent(caseId, 1, "case.term_expired"), partitionOf(caseId, PARTITIONS));
  try {
    await insert(sql, { case_id: "endless", version: 2_147_483_647, type: "case.withdrawn" });
    const rows = {
      fires: rowOf("fires"),
      garbled: "garbage",
      endless: rowOf("endless"),
      "fires too": rowOf("fires too"),
    };
    for (const [caseId, row] of Object.entries(rows)) {
      await sql`insert into zaakstroom.timers (processor, case_id, name, partition, due_at, row)
        values ('follow_up', ${caseId}, 'term', ${partitionOf(caseId, PARTITIONS)}, '2026-03-01', ${row})`;
    }
    await using node = Program.start(["start", "--url", url, "--port", "0", "--json"]);
    await node.serving();
    while (await left() > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    await sql.end();
  }
  const inbox = JSON.parse((await runHere(["inbox", "list", "--json", "--url", url])).out);
  const reasons = inbox.refused.map(({ reason }: { reason: string }) => reason).sort();
  assertEquals(
    reasons,
    ["22003", "22P02"].map((code) => `the event of a timer of follow_up can't be stored (${code})`),
  );
  for (const caseId of ["fires", "fires too"]) {
    assertMatch((await runHere(["cases", "show", caseId, "--url", url])).out, /case\.term_expired/);
  }
});
