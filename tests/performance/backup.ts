/**
 * What a backup costs beside full load, and how fast one is made and restored: `deno task bench:backup [postgres|nats]
 * [MEGABYTES]`. The rounds take turns: deliveries alone, with a stream, with a stream and a create. Figures, no assertions.
 * @module
 */
import { join } from "node:path";
import postgres from "postgres";
import { processors } from "../../actors/application.ts";
import { noopObserver, type Observer } from "../../actors/observer.ts";
import { defaultSupervisorOptions, Supervisor } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import type { AnyManifest } from "../../backends/backup/manifest.ts";
import { backUpStreams } from "../../backends/nats/backup/create.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { setUpNats } from "../../backends/nats/setup/options.ts";
import { createBackup } from "../../backends/postgres/backup/create.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { usageOf } from "../../simulators/load/process_usage.ts";
import { Program, run } from "../support/program.ts";
import type { WireEvent } from "../../schema/events.ts";
import { findNatsServer, startNats } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { appendAll, describeMachine, intakes, print, runAsNode } from "./bench.ts";

const [COUNT, ROUNDS, TURN_MS] = [60_000, 5, 5_000];
/** Cases that are appended before a turn: with all that follows from them more than a turn settles. */
const BACKLOG = 80_000;
const TEMPLATES = intakes(20_000, 500, "templates");
const MEGABYTE = 1_000_000;
/** Megabytes that a create copies a second beside load. */
const RATE = 20;
/** So many events are about so many bytes of a store. */
const EVENTS_PER_MEGABYTE = 1_000;

/** A store, and its backup, by name. */
interface BackedUp {
  /** Ends what a turn is not to find: a create begins with a checkpoint, so the turns that it is compared with do too. */
  settle(): Promise<void>;
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
    await checkpointEarlier(await server.freshDatabase());
    await measureStore("postgres", ofPostgres(await server.freshStore()), Number(megabytes));
  }
  if (only !== "postgres") {
    await using server = await startNats();
    await setUpNats({ url: server.url, deadlineMs: 60_000 }, false);
    await measureStore("nats", ofNats(server.url), Number(megabytes));
  }
});

/** A create that leaves room waits for the server's next checkpoint, which is spread over most of `checkpoint_timeout`. */
async function checkpointEarlier(url: string): Promise<void> {
  await withSql(url, (sql) => sql`alter system set checkpoint_timeout = '30s'`);
  await withSql(url, (sql) => sql`select pg_reload_conf()`);
}

async function withSql(url: string, act: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await act(sql);
  await sql.end();
}

function ofPostgres(url: string): BackedUp {
  return {
    settle: () => withSql(url, (sql) => sql`checkpoint`),
    flags: ["--url", url],
    open: () => openPostgres({ url }),
    create: (to) => createBackup({ target: { url }, to, key: undefined, label: "" }),
  };
}

function ofNats(url: string): BackedUp {
  return {
    settle: () => Promise.resolve(),
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

/** Deliveries settled a second, in turns, and each as a share of the turn alone. A create is measured while it copies. */
async function besideLoad(store: BackedUp, backend: Backend, to: string): Promise<void> {
  const env = { NATS_SERVER: Deno.env.get("NATS_SERVER")! };
  const start = (verb: string, ...more: string[]) =>
    Program.start(["backup", verb, "--to", to, ...store.flags, ...more], { env });
  await appendBacklog(backend);
  await rateDuring(backend, after(TURN_MS));
  for (let round = 1; round <= ROUNDS; round++) {
    await appendBacklog(backend);
    await store.settle();
    const alone = await rateDuring(backend, after(TURN_MS));
    await using stream = start("stream");
    await stream.err.waitForLine(/^Keeping the log/);
    await appendBacklog(backend);
    await store.settle();
    const before = await cpuOf(stream);
    const streamed = await rateDuring(backend, after(TURN_MS));
    const used = await cpuOf(stream) - before;
    await appendBacklog(backend);
    await using create = start("create", "--max-rate", String(RATE));
    const ended = create.ended();
    await create.err.waitForLine(/ MB/);
    const both = await rateDuring(backend, Promise.race([ended, after(TURN_MS)]));
    create.signal("SIGTERM");
    stream.signal("SIGTERM");
    await Promise.all([ended, stream.ended()]);
    print(
      `deliveries a second: ${Math.round(alone)} alone, ${
        (streamed / alone).toFixed(2)
      } of it with a stream, ` +
        `${(both / alone).toFixed(2)} with a create of ${RATE} MB/s too; ` +
        `the stream took ${used.toFixed(1)} s of processor in ${TURN_MS / 1000} s`,
    );
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Deliveries settled a second by all processors until `end`: of cases that wait when it begins, more than are taken. */
async function rateDuring(backend: Backend, end: Promise<unknown>): Promise<number> {
  let [began, count] = [0, 0];
  const observer: Observer = {
    ...noopObserver,
    settled(batch) {
      began ||= performance.now();
      for (const times of Object.values(batch.done)) count += times.length;
    },
  };
  const supervisor = new Supervisor(backend, processors, observer, defaultSupervisorOptions(2));
  await supervisor.start();
  await end;
  const seconds = (performance.now() - began) / 1000;
  await supervisor.stop(10_000);
  return count / seconds;
}

/** Cases for a turn. Intakes are made once, and sent again as other cases. */
async function appendBacklog(backend: Backend): Promise<void> {
  for (let sent = 0; sent < BACKLOG; sent += TEMPLATES.length * TEMPLATES[0]!.length) {
    await appendAll(backend, TEMPLATES.map((batch) => batch.map(asAnotherCase)));
  }
}

function asAnotherCase(event: WireEvent): WireEvent {
  const caseId = crypto.randomUUID();
  return {
    ...event,
    event_id: crypto.randomUUID(),
    correlation_id: caseId,
    data: { ...event.data, case_id: caseId },
  };
}

async function cpuOf({ pid }: Program): Promise<number> {
  return (await usageOf(pid))?.cpuSeconds ?? NaN;
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
