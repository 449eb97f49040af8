/**
 * What a backup costs beside full load, and how fast one is made and restored: `deno task bench:backup`. The rounds take turns:
 * appends alone, with a stream, with a stream and a create. Figures, no assertions.
 * @module
 */
import { join } from "node:path";
import { createBackup } from "../../backends/postgres/backup/create.ts";
import { restoreBackup } from "../../backends/postgres/backup/restore.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { Program } from "../support/program.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { appendAll, describeMachine, intakes, print, runAsNode } from "./bench.ts";

const [COUNT, ROUNDS] = [60_000, 5];
const MEGABYTE = 1_000_000;

await runAsNode(async () => {
  print(describeMachine());
  await using server = await startPostgres();
  const url = await server.freshStore();
  const root = await Deno.makeTempDir({ prefix: "zaakstroom-bench-backup-" });
  // As root the restored server runs as another user, who must pass.
  await Deno.chmod(root, 0o711);
  try {
    await besideLoad(url, join(root, "beside"));
    await madeAndRestored(url, root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

/** Events appended a second, in turns, and each as a share of the turn alone. */
async function besideLoad(url: string, to: string): Promise<void> {
  const start = (verb: string) => Program.start(["backup", verb, "--to", to, "--url", url]);
  await appendRate(url, "warm-up");
  for (let round = 1; round <= ROUNDS; round++) {
    const alone = await appendRate(url, `alone ${round}`);
    await using stream = start("stream");
    await stream.err.waitForLine(/^Keeping the log/);
    const streamed = await appendRate(url, `streamed ${round}`);
    const create = start("create");
    const both = await appendRate(url, `both ${round}`);
    await create.ended();
    stream.signal("SIGTERM");
    await stream.ended();
    print(
      `appends a second: ${Math.round(alone)} alone, ${(streamed / alone).toFixed(2)} of it with a stream, ` +
        `${(both / alone).toFixed(2)} with a create too`,
    );
  }
}

async function appendRate(url: string, seed: string): Promise<number> {
  const batches = intakes(COUNT, 500, `${seed} ${crypto.randomUUID()}`);
  const backend = await openPostgres({ url });
  const began = performance.now();
  await appendAll(backend, batches).finally(() => backend.close());
  return COUNT / (performance.now() - began) * 1000;
}

async function madeAndRestored(url: string, root: string): Promise<void> {
  const from = join(root, "whole");
  const made = performance.now();
  const { files } = await createBackup({ target: { url }, to: from, key: undefined, label: "" });
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE;
  printRate("created", megabytes, made);
  const restored = performance.now();
  const silent = { onStep() {}, onBytes() {} };
  await restoreBackup({ from, key: undefined, target: {}, dataDir: join(root, "restored"), ...silent });
  printRate("restored, replayed and counted through", megabytes, restored);
}

function printRate(what: string, megabytes: number, began: number): void {
  const seconds = (performance.now() - began) / 1000;
  print(
    `${what}: ${Math.round(megabytes)} MB in ${seconds.toFixed(1)} s, ${
      (megabytes / seconds).toFixed(0)
    } MB/s`,
  );
}
