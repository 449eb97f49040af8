/** `events` as people use it: read, follow, mask, leave. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { printRead, printTail } from "../../../console/commands/events/print_events.ts";
import { readEventsOptions, tailEventsOptions } from "../../../console/commands/events/options.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { defaultsOf } from "../../../console/cli/options.ts";
import { readInput } from "../../../schema/input.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { printed } from "../../unit/console/printed.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const intake = (caseId: string) =>
  readInput({ case_id: caseId, citizen_bsn: "123456782", debt_amount: 500, debt_type: "huur" });

const values = { ...defaultsOf(readEventsOptions), output: "ndjson" as const };

async function filled(count: number): Promise<string> {
  const url = await server.freshStore();
  const backend = await openPostgres({ url });
  await backend.append(Array.from({ length: count }, (_, i) => intake(`case-${i}`)));
  await backend.close();
  return url;
}

async function readFrom(backend: Backend, more: Partial<typeof values>) {
  const { out, output } = printed();
  await printRead(backend, { ...values, ...more }, output, new AbortController().signal);
  return out.flatMap((text) => text.split("\n")).map((line) => JSON.parse(line));
}

Deno.test("events read gives what is asked for by type, case, position, time and number, on memory", async () => {
  const backend = createMemoryBackend();
  await backend.append(["a", "b", "c"].map(intake));
  const cases = (rows: { event: { correlation_id: string } }[]) =>
    rows.map(({ event }) => event.correlation_id);
  assertEquals(cases(await readFrom(backend, {})), ["a", "b", "c"]);
  assertEquals(cases(await readFrom(backend, { "from-position": 2 })), ["b", "c"]);
  assertEquals(cases(await readFrom(backend, { case: "b" })), ["b"]);
  assertEquals(cases(await readFrom(backend, { limit: 2 })), ["a", "b"]);
  assertEquals(await readFrom(backend, { type: ["case.decision"] }).catch(() => []), []);
  await backend.close();
});

Deno.test("events read --personal keeps who read it and why before it shows a line", async () => {
  const backend = createMemoryBackend();
  await backend.append([intake("a")]);
  const asked = { personal: true, reason: "Objection 7", as: "j.jansen", case: "a" };
  const [row] = await readFrom(backend, asked);
  assertEquals(row.event.data.citizen_bsn, "123456782");
  const [entry] = await backend.audit("a");
  assertEquals([entry?.act, entry?.why], ["read_personal", "Objection 7"]);
  assertMatch(entry!.by, /^j\.jansen \(account .+\)$/);
  await backend.close();
});

Deno.test("events read prints NDJSON and CSV of a server, masked", async () => {
  const url = await filled(3);
  const ndjson = await runHere(["events", "read", "--url", url]);
  assertEquals([ndjson.code, ndjson.out.split("\n").length], [0, 3], ndjson.err);
  const csv = await runHere(["events", "read", "--url", url, "--output", "csv"]);
  assertEquals(csv.out.split("\n").length, 4);
  assertMatch(csv.out, /^position,version,recorded_at,/);
  assert(!`${ndjson.out}${csv.out}`.includes("123456782"));
});

Deno.test("events refuses in one line what it can't read", async () => {
  const url = await filled(1);
  const refusals: [string, number, RegExp][] = [
    ["--type case.nonsense", 2, /^Cannot use --type: must be event types with commas/],
    ["--from yesterday", 2, /^Cannot use --from: must be a time such as/],
    ["--from-position 0", 2, /^Cannot use --from-position: must be a whole number from 1/],
    ["--personal", 2, /"Cannot use --personal without --reason/],
    ["--output xml", 2, /^Cannot use --output: must be one of ndjson, csv/],
    ["--case nope", 7, /There is no case nope/],
  ];
  for (const [words, code, message] of refusals) {
    assertRefused(await runHere(["events", "read", "--url", url, ...words.split(" ")]), code, message);
  }
});

Deno.test("events read ends quietly when its reader leaves", async () => {
  const url = await filled(3_000);
  const { code, err } = await run(["events", "read", "--url", url], { leavesEarly: true });
  assertEquals([code, err], [0, ""]);
});

Deno.test("events tail prints what comes, and ends well at Ctrl-C", async () => {
  const url = await filled(1);
  await using tail = Program.start(["events", "tail", "--url", url, "--from-position", "1"]);
  await tail.out.waitForLine(/"case-0"/);
  const backend = await openPostgres({ url });
  await backend.append([intake("later")]);
  await tail.out.waitForLine(/"later"/);
  await backend.close();
  tail.signal("SIGINT");
  const { code, out, err } = await tail.ended();
  assertEquals([code, out.trimEnd().split("\n").length, err], [0, 2, ""]);
});

Deno.test("events tail without a beginning leaves out what was stored before", async () => {
  const backend = createMemoryBackend();
  await backend.append([intake("a")]);
  const later = Date.now() + 1;
  while (Date.now() <= later) await Promise.resolve();
  const stop = new AbortController();
  const { out, output } = printed();
  const wanted = Promise.withResolvers<void>();
  const notifying = { ...output, out: (line: string) => (output.out(line), wanted.resolve()) };
  const tailing = printTail(
    backend,
    { ...defaultsOf(tailEventsOptions), output: "ndjson" },
    notifying,
    stop.signal,
  );
  await backend.append([intake("b")]);
  await wanted.promise;
  stop.abort();
  await tailing;
  assertEquals(out.map((line) => JSON.parse(line).event.correlation_id), ["b"]);
  await backend.close();
});

Deno.test("cases show --at shows a case as it was at a version or a time", async () => {
  const url = await server.freshStore();
  const backend = await openPostgres({ url });
  await backend.append([intake("a")]);
  await backend.append([readInput({ event_type: "case.withdrawn", data: { case_id: "a", reason: "Paid" } })]);
  const [first, second] = await Array.fromAsync(backend.readCase("a"));
  await backend.close();
  const shownAt = async (at: string) => {
    const { code, out, err } = await runHere(["cases", "show", "a", "--url", url, "--json", "--at", at]);
    return code === 0 ? JSON.parse(out).events.length : err;
  };
  assertEquals([await shownAt("1"), await shownAt("2"), await shownAt("9")], [1, 2, 2]);
  assertEquals(await shownAt(new Date(second!.recordedAt).toISOString()), 2);
  assertMatch(await shownAt(new Date(first!.recordedAt - 1).toISOString()), /was not there at that moment/);
  assertMatch(await shownAt("soon"), /must be a version such as 3, or a time/);
});

Deno.test("cases show --personal needs a reason, and keeps it before it shows what is closed", async () => {
  const url = await server.freshStore();
  const backend = await openPostgres({ url });
  await backend.append([intake("a")]);
  const show = (...args: string[]) => runHere(["cases", "show", "a", "--url", url, ...args]);
  assertRefused(await show("--personal"), exitCodes.usage, /needs --reason: it is kept in the audit trail/);
  assertEquals((await show()).out.includes("123456782"), false);
  const opened = await show("--personal", "--reason", "Objection 7", "--as", "j.jansen");
  assertEquals(opened.out.includes("citizen_bsn: 123456782"), true);
  const json = JSON.parse((await show("--personal", "--reason", "Objection 8", "--json")).out);
  assertEquals(json.events[0].event.data.citizen_bsn, "123456782");
  const acts = (await backend.audit("a")).map(({ act, by, why }) => [act, by, why]);
  assertEquals(acts, [
    ["read_personal", "j.jansen (account postgres)", "Objection 7"],
    ["read_personal", "postgres", "Objection 8"],
  ]);
  await backend.close();
});

Deno.test("export prints a read model of a server, and personal data with a reason alone", async () => {
  const url = await filled(3);
  const cases = await runHere(["export", "--model", "cases", "--url", url]);
  const rows = cases.out.split("\n").map((line) => JSON.parse(line));
  assertEquals(rows.map(({ case_id, amount }) => [case_id, amount]), [
    ["case-0", 500],
    ["case-1", 500],
    ["case-2", 500],
  ]);
  assert(!cases.out.includes("123456782"));
  const days = await runHere(["export", "--model", "flow_per_day", "--output", "csv", "--url", url]);
  assertMatch(days.out, /^day,received,.*\n\d{4}-\d\d-\d\d,3,/);
  const personal = ["export", "--model", "cases", "--url", url, "--personal"];
  assertRefused(await runHere(personal), 2, /Cannot use --personal without --reason/);
  assertMatch((await runHere([...personal, "--reason", "Request 12"])).out, /"citizen_bsn":"123456782"/);
  const backend = await openPostgres({ url });
  assertEquals((await backend.audit("store")).map(({ act, why }) => [act, why]), [
    ["export_personal", "cases: Request 12"],
  ]);
  await backend.close();
});
