/**
 * How long from the start of the program to its first settled delivery: `deno task bench:start`. The program is started as
 * its users start it, guardian included, and an intake waits for it (on a new data directory it feeds one itself). The
 * store tells when it was settled, so nobody has to look meanwhile.
 * @module
 */
import { join } from "node:path";
import { PostgresClient } from "../../backends/postgres/connection/client.ts";
import type { PostgresTarget } from "../../backends/postgres/connection/driver_options.ts";
import { openEmbedded } from "../../backends/postgres/embedded/embedded.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { run } from "../support/program.ts";
import { describeMachine, measure, print } from "./bench.ts";

/** When the store settled its first delivery after a moment; both are milliseconds since 1970. */
async function settledAfter(target: PostgresTarget, moment: number): Promise<number> {
  const client = new PostgresClient(target, { connections: 1 });
  try {
    const [row] = await client.run((sql) =>
      sql<[{ at: number | null }]>`
        select extract(epoch from min(settled_at))::float8 * 1000 as at from zaakstroom.subscriptions
        where settled_at > to_timestamp(${moment / 1000}::float8)`
    );
    if (row.at === null) throw new Error("Nothing was settled");
    return row.at;
  } finally {
    await client.close();
  }
}

/** Runs the program until it is idle; answers when it was started. */
async function start(...args: string[]): Promise<number> {
  const began = performance.timeOrigin + performance.now();
  const { code, err } = await run(["start", "--port", "0", "--until-idle", "--json", ...args]);
  if (code !== 0) throw new Error(err);
  return began;
}

async function publishOne(...args: string[]): Promise<void> {
  const data = { case_id: crypto.randomUUID(), citizen_bsn: "123456782", debt_amount: 10, debt_type: "huur" };
  const { code, err } = await run(["publish", "-", ...args], { stdin: JSON.stringify(data) });
  if (code !== 0) throw new Error(err);
}

async function ownServer(url: string): Promise<number> {
  await publishOne("--url", url);
  const began = await start("--url", url);
  return await settledAfter({ url }, began) - began;
}

async function existing(dataDir: string): Promise<number> {
  await publishOne("--data-dir", dataDir);
  const began = await start("--data-dir", dataDir);
  return await settledIn(dataDir, began) - began;
}

async function fresh(dataDir: string): Promise<number> {
  const began = await start("--data-dir", dataDir, "--count", "1");
  return await settledIn(dataDir, began) - began;
}

async function settledIn(dataDir: string, began: number): Promise<number> {
  const embedded = await openEmbedded({ dataDir, role: "client" });
  try {
    return await settledAfter(embedded.connection, began);
  } finally {
    await embedded.close();
  }
}

if (import.meta.main) {
  print(describeMachine());
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-first-delivery-" });
  await Deno.chmod(directory, 0o755); // as root the server runs as another user, who must pass
  try {
    await using server = await startPostgres({ fsync: true });
    const url = await server.freshStore();
    await publishOne("--url", url);
    await measure("start to first settled delivery, own server", "ms", () => ownServer(url));
    const kept = join(directory, "kept");
    await publishOne("--data-dir", kept);
    await measure("the same, embedded on an existing data directory", "ms", () => existing(kept));
    let n = 0;
    await measure(
      "the same, embedded on a new data directory",
      "ms",
      () => fresh(join(directory, `new-${n++}`)),
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
