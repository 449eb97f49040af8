/** Behind a transaction pooler: no session of its own, no prepared statements, no notices, and the same result. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import postgres from "postgres";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import type { RunSummary } from "../../../console/node/run_summary.ts";
import { waitUntil } from "../../support/servers/embedded_processes.ts";
import { findPgbouncer, Pgbouncer } from "../../support/servers/pgbouncer.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { brokenRules } from "../../support/store_check.ts";

const program = await findPgbouncer();
const options = { ignore: program === undefined };

Deno.test("a pgbouncer is here to be tested with", { ignore: program !== undefined }, () => {
  // deno-lint-ignore no-console
  console.warn(
    "No pgbouncer on this machine: nothing is proven of --pooler (on Debian: apt-get install pgbouncer)",
  );
  const isTried = Deno.env.get("WITHOUT_PGBOUNCER") === "true";
  assert(Deno.env.get("CI") !== "true" || isTried, "CI must have a pgbouncer: apt-get install pgbouncer");
});

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** A new database, straight and through a pooler. */
async function database(pooler: Pgbouncer): Promise<{ straight: string; pooled: string }> {
  const straight = await server.freshDatabase();
  return { straight, pooled: straight.replace(`:${server.port}/`, `:${pooler.port}/`) };
}

Deno.test("with --pooler cases run to the end through a transaction pooler", options, async () => {
  await using pooler = await Pgbouncer.start(program!, server.port);
  const { straight, pooled } = await database(pooler);
  const feed = ["--count", "500", "--until-idle", "--json", "--port", "0", "--pooler"];
  const { code, out, err } = await run(["start", "--url", pooled, ...feed]);
  assertEquals(code, 0, err);
  const { ledger, retried, restarts }: RunSummary = JSON.parse(out);
  assertEquals([ledger.balanced, ledger.accepted, retried, restarts], [true, 500, 0, 0]);
  assertEquals(await brokenRules(straight), []);
});

Deno.test(
  "with --pooler a node finds what others append by looking, and leaves no session behind",
  options,
  async () => {
    await using pooler = await Pgbouncer.start(program!, server.port);
    const { straight, pooled } = await database(pooler);
    await using node = Program.start(["start", "--url", pooled, "--json", "--port", "0"], {
      env: { ZAAKSTROOM_POOLER: "true" },
    });
    await node.serving();
    const simulated = await runHere(["simulate", "--count", "30", "--json", "--url", pooled, "--pooler"]);
    assertEquals(simulated.code, 0, simulated.err);
    const sql = postgres(straight, { max: 1, onnotice: () => {} });
    const analysed = async () =>
      (await sql`select from zaakstroom.events where type = 'case.analysis'`).length;
    await waitUntil(async () => await analysed() === 30);
    const listening =
      await sql`select from pg_stat_activity where query ilike 'listen%' and datname = current_database()`;
    assertEquals(listening.length, 0);
    node.signal("SIGTERM");
    assertEquals((await node.ended()).code, 0);
    await sql.end();
  },
);

Deno.test(
  "without --pooler a transaction pooler is recognised, and the answer says what to do",
  options,
  async () => {
    await using pooler = await Pgbouncer.start(program!, server.port);
    const { pooled } = await database(pooler);
    const refused = await runHere(["cases", "list", "--url", pooled]);
    assertRefused(refused, exitCodes.unusable, /transaction pooler/);
    assertMatch(refused.err, /add --pooler/);
  },
);
