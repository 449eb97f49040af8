/** Who may send what, on the command line; and under whose name a command acts. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const REASON = ["--reason", "agreed"];

Deno.test("producers are allowed, denied, listed and forgotten, by the account of the session", async () => {
  const url = await server.freshStore();
  const here = (...args: string[]) => runHere(["producers", ...args, "--url", url]);
  assertMatch(
    (await here("allow", "cak", "case.payment_received", ...REASON)).out,
    /cak may send case.intake/,
  );
  await here("allow", "cak", "--rate", "100", ...REASON);
  await here("deny", "cak", "case.withdrawn", "--as", "b.baas", ...REASON);
  const { producers } = JSON.parse((await here("list", "--json")).out);
  const { name, sends, denied, per_minute, changed_by } = producers.at(-1);
  assertEquals([name, sends, denied, per_minute], [
    "cak",
    ["case.intake", "case.payment_received"],
    ["case.withdrawn"],
    100,
  ]);
  assertEquals(changed_by, "b.baas (account postgres)");
  assertEquals((await here("forget", "cak", ...REASON)).code, exitCodes.ok);
  assertRefused(await here("forget", "cak", ...REASON), exitCodes.notFound, /^Nothing was granted/);
});

Deno.test("a slip in naming producers, types and reasons is a usage error in one line", async () => {
  const slips: readonly (readonly [readonly string[], RegExp])[] = [
    [["allow"], /^producers allow takes a NAME/],
    [["allow", "cak", ...REASON], /^producers allow needs a TYPE, --on-behalf-of or --rate/],
    [["allow", "cak", "case.debt_forgiven", ...REASON], /^Cannot allow this type/],
    [["allow", "system", "case.intake", ...REASON], /^A producer's name must be the name of somebody/],
    [["deny", "cak", "case.intake"], /^producers deny needs --reason/],
  ];
  for (const [args, expected] of slips) {
    assertRefused(await runHere(["producers", ...args]), exitCodes.usage, expected);
  }
});

Deno.test("without the simulator no generated case is stored, and the run ends with exit code 5", async () => {
  const url = await server.freshStore();
  await runHere(["producers", "deny", "simulator", "--url", url, ...REASON]);
  const args = ["--url", url, "--count", "5"];
  const simulated = await runHere(["simulate", "--backend", "postgres", ...args]);
  assertRefused(simulated, exitCodes.unusable, /^Not allowed: simulator may not send case.intake/);
  const started = await run(["start", ...args, "--until-idle", "--port", "0"]);
  assertEquals(started.code, exitCodes.unusable, started.err);
  assertEquals(JSON.parse((await runHere(["cases", "list", "--url", url, "--json"])).out).cases, []);
});

Deno.test("generated cases name their mandate; the same ones published are ordinary cases", async () => {
  const seeded = ["--count", "200", "--seed", "mandate"];
  const url = await server.freshStore();
  const started = await run(["start", "--url", url, ...seeded, "--until-idle", "--json", "--port", "0"]);
  const { mandate, ledger } = JSON.parse(started.out);
  assertEquals([mandate.name, mandate.caseworkers.length, ledger.balanced], ["demonstration", 2, true]);
  const other = await server.freshStore();
  const { out: lines } = await runHere(["simulate", "--backend", "none", ...seeded]);
  const published = await run(["publish", "-", "--url", other], { stdin: lines });
  assertEquals(published.code, 0, published.err);
  await run(["start", "--url", other, "--until-idle", "--json", "--port", "0"]);
  const decided = async (at: string) => {
    const sql = (await import("postgres")).default(at, { max: 1, onnotice: () => {} });
    const rows = await sql`select data->>'mandate' as mandate, count(*)::int as n from zaakstroom.events
      where type = 'case.decision' group by 1 order by 1`;
    await sql.end();
    return rows.map(({ mandate }) => mandate);
  };
  assertEquals(await decided(url), ["demonstration"]);
  assertEquals(await decided(other), [null]);
});

Deno.test("a decision is the account's own, or somebody's in whose name it may act", async () => {
  const url = await server.freshStore();
  await run(["publish", "-", "--url", url], {
    stdin: '{"case_id":"123","citizen_bsn":"987654321","debt_amount":500.00,"debt_type":"parkeerboete"}',
  });
  const decide = (...more: string[]) =>
    runHere([
      "cases",
      "decide",
      "123",
      "--decision",
      "collect",
      "--source",
      "x",
      ...REASON,
      "--url",
      url,
      ...more,
    ]);
  assertRefused(await decide("--as", "system"), exitCodes.usage, /must be the name of somebody/);
  assertEquals((await decide()).code, exitCodes.ok);
  const { events } = JSON.parse((await runHere(["cases", "show", "123", "--url", url, "--json"])).out);
  assertEquals(events.at(-1).event.data.decided_by, "postgres");
});

Deno.test("ZAAKSTROOM_TOKEN_FILE says who acts and who sends, and the real account stands beside the name", async () => {
  const url = await server.freshStore();
  const directory = await Deno.makeTempDir();
  try {
    const tokens = `${directory}/tokens.json`;
    const env = { ZAAKSTROOM_TOKENS: tokens, ZAAKSTROOM_TOKEN_FILE: `${directory}/token` };
    const hold = async (name: string, ...more: string[]) => {
      const { out } = await runHere(["token", "create", name, "--tokens", tokens, ...more]);
      await Deno.writeTextFile(env.ZAAKSTROOM_TOKEN_FILE, out);
    };
    const publish = (event: object) =>
      run(["publish", "-", "--url", url], { env, stdin: JSON.stringify(event) });

    await hold("cak", "--scopes", "events.append");
    const intake = { case_id: "1", citizen_bsn: "987654321", debt_amount: 500, debt_type: "parkeerboete" };
    assertEquals((await publish(intake)).code, exitCodes.ok);
    const payment = { event_type: "case.payment_received", data: { case_id: "1", amount: 5 } };
    assertRefused(await publish(payment), exitCodes.unusable, /cak may not send case.payment_received/);

    await hold("j.jansen", "--roles", "caseworker");
    assertRefused(await publish(intake), exitCodes.unusable, /the scope events.append: not j.jansen/);
    const decide = [
      "cases",
      "decide",
      "1",
      "--decision",
      "collect",
      "--source",
      "x",
      ...REASON,
      "--url",
      url,
    ];
    assertRefused(
      await run([...decide, "--as", "k.klaas"], { env }),
      exitCodes.unusable,
      /may not act as k.klaas/,
    );
    assertEquals((await run(decide, { env })).code, exitCodes.ok);
    const { events } = JSON.parse((await runHere(["cases", "show", "1", "--url", url, "--json"])).out);
    const [first, last] = [events[0].event, events.at(-1).event];
    assertEquals([first.metadata.source, last.data.decided_by], ["cak", "j.jansen"]);
    assertMatch(JSON.stringify(last), /account postgres|"account":"postgres"/);

    await Deno.writeTextFile(env.ZAAKSTROOM_TOKEN_FILE, "nobody's");
    assertRefused(await run(decide, { env }), exitCodes.unusable, /nobody has this token/);
    const none = { ...env, ZAAKSTROOM_TOKEN_FILE: `${directory}/none` };
    assertRefused(await run(decide, { env: none }), exitCodes.usage, /there is no such file/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("publish of what only the runtime sends stores nothing, ends with 5, and leaves one line in the trail", async () => {
  const url = await server.freshStore();
  const intake = { case_id: "1", citizen_bsn: "987654321", debt_amount: 500, debt_type: "parkeerboete" };
  const forged = { event_type: "case.term_expired", data: { case_id: "1" } };
  const lines = [intake, forged, forged].map((each) => JSON.stringify(each)).join("\n");
  const refused = await run(["publish", "-", "--url", url], { stdin: lines });
  assertEquals(refused.code, exitCodes.unusable, refused.err);
  assertMatch(refused.err, /^line 2: event_type: case.term_expired comes from the runtime alone/m);
  assertEquals(JSON.parse((await runHere(["cases", "list", "--url", url, "--json"])).out).cases, []);
  const sql = (await import("postgres")).default(url, { max: 1, onnotice: () => {} });
  const trail = await sql`select by, why from zaakstroom.event_log where act = 'refused'`;
  await sql.end();
  assertEquals(trail.map(({ by }) => by), ["postgres"]);
  assertMatch(trail[0]!.why, /comes from the runtime alone.*, and 1 more$/);
});
