/**
 * What a backup costs beside full load, and how fast one is made and restored: `deno task bench:backup [postgres|nats]
 * [MEGABYTES]`. The rounds take turns: appends alone, with a stream, with a stream and a create. Figures, no assertions.
 * @module
 */
import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import type { AnyManifest } from "../../backends/backup/manifest.ts";
import { backUpStreams } from "../../backends/nats/backup/create.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { setUpNats } from "../../backends/nats/setup/options.ts";
import { createBackup } from "../../backends/postgres/backup/create.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { Program, run } from "../support/program.ts";
import { findNatsServer, startNats } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { appendAll, describeMachine, intakes, print, runAsNode } from "./bench.ts";

const [COUNT, ROUNDS] = [60_000, 5];
const MEGABYTE = 1_000_000;
/** Megabytes that a create copies a second beside load. */
const RATE = 20;
/** So many events are about so many bytes of a store. */
const EVENTS_PER_MEGABYTE = 1_000;

/** A store, and its backup, by name. */
interface BackedUp {
  readonly flags: readonly string[];
  open(): Promise<Backend>;
  create(to: string): Promise<AnyManifest>;
}

await runAsNode(async () => {
  print(describeMachine());
  const [only, megabytes = "0"] = Deno.args;
  Deno.env.set("NATS_SERVER", await findNatsServer());
  if (only !== "nats") {
    await using server = await startPostgres();
    await measureStore("postgres", ofPostgres(await server.freshStore()), Number(megabytes));
  }
  if (only !== "postgres") {
    await using server = await startNats();
    await setUpNats({ url: server.url, deadlineMs: 60_000 }, false);
    await measureStore("nats", ofNats(server.url), Number(megabytes));
  }
});

function ofPostgres(url: string): BackedUp {
  return {
    flags: ["--url", url],
    open: () => openPostgres({ url }),
    create: (to) => createBackup({ target: { url }, to, key: undefined, label: "" }),
  };
}

function ofNats(url: string): BackedUp {
  return {
    flags: ["--backend", "nats", "--url", url],
    open: () => openNats({ url, deadlineMs: 60_000 }),
    create: (to) => backUpStreams({ options: { url, deadlineMs: 60_000 }, to, key: undefined, label: "" }),
  };
}

async function measureStore(name: string, store: BackedUp, megabytes: number): Promise<void> {
  print(`\n${name}`);
  const root = await Deno.makeTempDir({ prefix: "zaakstroom-bench-backup-" });
  // As root the restored server runs as another user, who must pass.
  await Deno.chmod(root, 0o711);
  try {
    const backend = await store.open();
    try {
      if (megabytes === 0) await besideLoad(store, backend, join(root, "beside"));
      else await appendRate(backend, "large", megabytes * EVENTS_PER_MEGABYTE);
    } finally {
      await backend.close();
    }
    await madeAndRestored(store, root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Events appended a second, in turns, and each as a share of the turn alone. */
async function besideLoad(store: BackedUp, backend: Backend, to: string): Promise<void> {
  const env = { NATS_SERVER: Deno.env.get("NATS_SERVER")! };
  const start = (verb: string, ...more: string[]) =>
    Program.start(["backup", verb, "--to", to, ...store.flags, ...more], { env });
  await appendRate(backend, "warm-up");
  for (let round = 1; round <= ROUNDS; round++) {
    const alone = await appendRate(backend, `alone ${round}`);
    await using stream = start("stream");
    await stream.err.waitForLine(/^Keeping the log/);
    const streamed = await appendRate(backend, `streamed ${round}`);
    const create = start("create", "--max-rate", String(RATE));
    const both = await appendRate(backend, `both ${round}`);
    await create.ended();
    stream.signal("SIGTERM");
    await stream.ended();
    print(
      `appends a second: ${Math.round(alone)} alone, ${(streamed / alone).toFixed(2)} of it with a stream, ` +
        `${(both / alone).toFixed(2)} with a create of ${RATE} MB/s too`,
    );
  }
}

async function appendRate(backend: Backend, seed: string, count = COUNT): Promise<number> {
  let ms = 0;
  // In portions: a gigabyte of events does not fit the heap.
  for (let done = 0; done < count; done += COUNT) {
    const batches = intakes(Math.min(COUNT, count - done), 500, `${seed} ${crypto.randomUUID()}`);
    const began = performance.now();
    await appendAll(backend, batches);
    ms += performance.now() - began;
  }
  return count / ms * 1000;
}

async function madeAndRestored(store: BackedUp, root: string): Promise<void> {
  const from = join(root, "whole");
  const made = performance.now();
  const { files } = await store.create(from);
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE;
  printRate("created", megabytes, made);
  const restored = performance.now();
  const args = ["backup", "restore", "--from", from, "--data-dir", join(root, "restored")];
  const { code, out, err } = await run(args, { env: { NATS_SERVER: Deno.env.get("NATS_SERVER")! } });
  if (code !== 0) throw new Error(err);
  printRate("restored, replayed and counted through", megabytes, restored);
  print(out.split("\n")[0]!);
}

function printRate(what: string, megabytes: number, began: number): void {
  const seconds = (performance.now() - began) / 1000;
  print(
    `${what}: ${Math.round(megabytes)} MB in ${seconds.toFixed(1)} s, ${
      (megabytes / seconds).toFixed(0)
    } MB/s`,
  );
}
