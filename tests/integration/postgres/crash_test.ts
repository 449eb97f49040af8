/** The node is killed again and again at moments chosen by chance; what it leaves behind is always whole. @module */
import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import type { RunSummary } from "../../../console/node/run_summary.ts";
import { Random } from "../../../simulators/cases/random.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { Program } from "../../support/program.ts";
import { brokenRules, countByType } from "../../support/store_check.ts";

/** Twenty in `deno task ok:long`: eight take half the time. */
const ROUNDS = Deno.env.has("ZAAKSTROOM_LONG") ? 20 : 8;
const CASES = ROUNDS * 1_000;

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** Under one name, as its guardian would start it again: so it takes up its own leases at once. */
function startNode(url: string, seed: string): Program {
  const feed = ["--count", `${CASES}`, "--seed", seed, "--from", "2026-01-01T00:00:00Z", "--until-idle"];
  return Program.start(["start", "--url", url, "--node", "doomed", "--port", "0", "--json", ...feed], {
    asNode: true,
  });
}

/** Resolves when the store has a settle that is younger than the call: work goes on. */
async function nextSettle(sql: postgres.Sql, over: () => boolean): Promise<void> {
  const [{ now }] = await sql`select clock_timestamp() as now` as unknown as [{ now: Date }];
  while (!over()) {
    const [row] = await sql`select count(*)::int as n from zaakstroom.subscriptions where settled_at > ${now}`
      .catch(() => [{ n: 0 }]);
    if (row!.n > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** One life: from the start to a moment by chance after its first settle. Answers whether it still worked then. */
async function liveAndDie(url: string, seed: string, sql: postgres.Sql, random: Random): Promise<boolean> {
  await using node = startNode(url, seed);
  let over = false;
  const end = node.ended().then(() => over = true);
  await nextSettle(sql, () => over);
  const life = 100 + random.below(500);
  let timer: ReturnType<typeof setTimeout>;
  await Promise.race([end, new Promise((resolve) => timer = setTimeout(resolve, life))]);
  clearTimeout(timer!);
  if (!over) await node.kill9();
  await end;
  return !node.out.text.includes("ledger");
}

/** The last life, to the end. */
async function liveOn(url: string, seed: string): Promise<RunSummary> {
  await using node = startNode(url, seed);
  const { code, out, err } = await node.ended();
  assertEquals(code, 0, err);
  return JSON.parse(out);
}

Deno.test("kill -9 of the node, again and again at random moments, loses, doubles and reorders nothing", async () => {
  const url = await server.freshDatabase();
  const seed = Deno.env.get("ZAAKSTROOM_TEST_SEED") ?? crypto.randomUUID();
  const random = new Random(seed, "kills");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    let killed = 0;
    for (let round = 0; round < ROUNDS; round++) if (await liveAndDie(url, seed, sql, random)) killed++;
    const { ledger, accepted, dead } = await liveOn(url, seed);
    assertEquals([ledger.lost, ledger.duplicated, ledger.reordered], [[], [], []], `seed ${seed}`);
    assertEquals([ledger.balanced, ledger.accepted, accepted, dead], [true, CASES, CASES, 0], `seed ${seed}`);
    assertEquals(await brokenRules(url), [], `seed ${seed}`);
    assertEquals((await countByType(url))["case.intake"], CASES);
    assert(
      killed >= ROUNDS * 3 / 4,
      `only ${killed} of ${ROUNDS} lives ended in the middle of work: feed it more cases`,
    );
  } finally {
    await sql.end();
  }
});
