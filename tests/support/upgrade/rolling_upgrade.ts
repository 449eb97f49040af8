/** A rolling upgrade under load: the schema is stepped forward while nodes work, and nodes of two versions share a store. @module */
import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import { processors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import type * as postgresBackend from "../../../backends/postgres/postgres_backend.ts";
import { appendGeneratedCases } from "../../../simulators/load/case_feed.ts";
import { LeaseHoldings } from "../node_group.ts";
import { Program, type ProgramResult, run } from "../program.ts";
import { brokenRules, countByType } from "../store_check.ts";
import type { ProgramTree } from "./program_tree.ts";

const PARTITIONS = 4;
/** Cases a second, of a publisher of each version. */
const RATE = 40;
/** A busy machine may take its time. */
const WITHIN_MS = 180_000;
const SETTLED = "event_processed_total";

interface Upgrade {
  readonly older: ProgramTree;
  readonly newer: ProgramTree;
  /** What the setup of the newer program says. */
  readonly step: RegExp;
}

/** Upgrades from one to the other on an empty database, and throws where anything is lost, tried twice or refused. */
export async function upgradeUnderLoad(url: string, { older, newer, step }: Upgrade): Promise<void> {
  await succeeds(older, "setup", "--url", url, "--partitions", `${PARTITIONS}`);
  await using first = startNode(older, url, "older");
  await using before = await CasePublisher.start(older, url);
  await goesOn(first);

  const { out } = await succeeds(newer, "setup", "--url", url);
  assert(step.test(out.trim()), out);
  await goesOn(first);
  await using second = startNode(newer, url, "newer");
  await using after = await CasePublisher.start(newer, url);
  await shareWork(after, first, second);

  await ends(first);
  await using again = startNode(older, url, "older again");
  await shareWork(after, again, second);
  const accepted = await before.stop() + await after.stop();
  await ends(again);
  await waitUntilDrained(url);
  await ends(second);
  await hasLostNothing(newer, url, accepted);
}

/** A publisher of a version of the program, in this process, that stores cases until it is stopped. */
class CasePublisher implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #published: Promise<number>;

  private constructor(readonly backend: Backend, seed: string) {
    this.#published = appendGeneratedCases(backend, { seed, perSecond: RATE }, this.#stop.signal);
  }

  static async start(tree: ProgramTree, url: string): Promise<CasePublisher> {
    const { openPostgres } = await tree.load<typeof postgresBackend>(
      "backends/postgres/postgres_backend.ts",
    );
    return new CasePublisher(await openPostgres({ url }), tree.path);
  }

  /** Resolves to how many cases were stored. */
  async stop(): Promise<number> {
    this.#stop.abort();
    return await this.#published;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => {});
    await this.backend.close();
  }
}

function startNode({ path: tree }: ProgramTree, url: string, node: string): Program {
  const flags = ["--workers", "1", "--lease", "4s", "--port", "0", "--json"];
  return Program.start(["start", "--url", url, "--node", node, ...flags], { asNode: true, tree });
}

async function succeeds({ path: tree }: ProgramTree, ...args: readonly string[]): Promise<ProgramResult> {
  const ended = await run(args, { tree });
  assertEquals(ended.code, 0, ended.err);
  return ended;
}

/** Waits until a node has settled another hundred deliveries. */
async function goesOn(node: Program): Promise<void> {
  const before = await metricOf(node, SETTLED);
  await until(async () => await metricOf(node, SETTLED) >= before + 100, "a node goes on");
}

/** The sum of a metric over its labels. */
async function metricOf(node: Program, name: string): Promise<number> {
  const text = await (await fetch(`${await node.serving()}metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Waits until two nodes share all mailboxes fairly, and each has gone on from there. */
async function shareWork({ backend }: CasePublisher, ...nodes: readonly [Program, Program]): Promise<void> {
  await until(async () => {
    const { mailboxes } = await backend.health();
    const owners = [...new Set(mailboxes.map(({ owner }) => String(owner)))];
    const holding = new LeaseHoldings(mailboxes, processors.length * PARTITIONS);
    return owners.length === nodes.length && holding.isFairFor(owners, PARTITIONS);
  }, "both nodes hold their share");
  await Promise.all(nodes.map(goesOn));
}

/** Stops a node, which has tried nothing twice and given nothing up. */
async function ends(node: Program): Promise<void> {
  assertEquals(await metricOf(node, "zaakstroom_retries_total"), 0);
  assertEquals(await metricOf(node, "event_dlq_total"), 0);
  node.signal("SIGTERM");
  const { code, err } = await node.ended();
  assertEquals(code, 0, err);
}

/** Waits until all is taken to its end, by the database's own account. */
async function waitUntilDrained(url: string): Promise<void> {
  await until(async () => (await brokenRules(url)).length === 0, "all is settled").catch(() => {});
  assertEquals(await brokenRules(url), []);
}

/** By the counts of the database, by its audit trail (no act of a supervisor), and by the ledger of the program. */
async function hasLostNothing(newer: ProgramTree, url: string, accepted: number): Promise<void> {
  assertEquals((await countByType(url))["case.intake"], accepted);
  const sql = postgres(url, { max: 1 });
  const acts = await sql`select act, why from zaakstroom.event_log`.finally(() => sql.end());
  assertEquals([...acts], []);
  const { out } = await succeeds(newer, "start", "--url", url, "--until-idle", "--json", "--port", "0");
  assertEquals(JSON.parse(out).ledger.balanced, true);
}

/** Asks until it is so. */
async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Not within ${WITHIN_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
