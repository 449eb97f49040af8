/**
 * Recovery, measured: how long after a worker dies, hangs, or the whole node is killed, a delivery is settled again.
 * Each figure is the median of its rounds, with the least and the most. `deno task bench:recovery`
 * @module
 */
import { Supervisor } from "../../actors/supervisor.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import type { Backend } from "../../backends/backend.ts";
import { RecordingObserver } from "../support/recording_observer.ts";
import {
  type MisbehavingAct,
  misbehavingEvent,
  misbehavingProcessor,
} from "../support/misbehaving/processor.ts";
import { testSupervisorOptions } from "../support/misbehaving/runtime.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { Program } from "../support/program.ts";
import { describeMachine, measure, print } from "./bench.ts";

const ROUNDS = 5;
const HANG_MS = 1_000;

/** A supervisor at work on its own database; `run` gets it with one delivery done. */
async function withSupervisor(
  url: string,
  run: (backend: Backend, seen: RecordingObserver) => Promise<number>,
): Promise<number> {
  const backend = await openPostgres({ url, migrate: "apply", partitions: 1 });
  const seen = new RecordingObserver();
  const policy = { maxAttempts: 1, backoff: { firstMs: 5, longestMs: 5 } };
  const options = {
    ...testSupervisorOptions,
    deliveryTimeoutMs: 500,
    hangMs: HANG_MS,
    policy,
    hasRunawayThread: () => Promise.resolve(false),
  };
  const supervisor = new Supervisor(backend, [misbehavingProcessor], seen, options);
  try {
    await supervisor.start();
    await backend.append([misbehavingEvent("warm", 1)]);
    await seen.waitUntil("one is done", () => seen.done === 1);
    return await run(backend, seen);
  } finally {
    await supervisor.stop(5_000);
    await backend.close();
  }
}

/** Milliseconds from the death of a worker to the next delivery that is settled. */
function afterExit(act: MisbehavingAct): (backend: Backend, seen: RecordingObserver) => Promise<number> {
  return async (backend, seen) => {
    const died = Promise.withResolvers<number>();
    const exits = seen.workerRestarted.bind(seen);
    seen.workerRestarted = (exit) => (died.resolve(performance.now()), exits(exit));
    await backend.append([
      misbehavingEvent("good", 1),
      misbehavingEvent("bad", 1, act),
      misbehavingEvent("good", 2),
    ]);
    const at = await died.promise;
    await seen.waitUntil("the next is done", () => seen.done >= 2);
    return performance.now() - at;
  };
}

/** Milliseconds from the append of what hangs to the next delivery that is settled; the deadline is part of it. */
async function afterHang(backend: Backend, seen: RecordingObserver): Promise<number> {
  const began = performance.now();
  await backend.append([
    misbehavingEvent("good", 1),
    misbehavingEvent("bad", 1, "escape"),
    misbehavingEvent("good", 2),
  ]);
  await seen.waitUntil("the next is done", () => seen.done >= 2);
  return performance.now() - began;
}

/** Milliseconds from `kill -9` of a guarded node under load to the next delivery that is settled, seen from outside. */
async function afterKill(url: string): Promise<number> {
  const feeding = ["--simulate", "200/sec", "--port", "0", "--json"];
  await using program = Program.start(["start", "--url", url, ...feeding]);
  const backend = await openPostgres({ url, migrate: "apply", connections: 2 });
  try {
    await settledSince(backend, 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [node] = await program.nodes();
    const before = await decided(backend);
    Deno.kill(node!, "SIGKILL");
    const at = performance.now();
    await settledSince(backend, before);
    const took = performance.now() - at;
    program.signal("SIGTERM");
    return took;
  } finally {
    await backend.close();
  }
}

/** The position of the last event that a processor emitted. */
async function decided(backend: Backend): Promise<number> {
  let last = 0;
  for await (const { position } of backend.readAll({ types: ["case.analysis"] })) last = position;
  return last;
}

/** Resolves when a processor has emitted something after a position. */
async function settledSince(backend: Backend, position: number): Promise<void> {
  for (;;) {
    for await (const _ of backend.readAll({ fromPosition: position + 1, types: ["case.analysis"] })) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The figure of a process of its own, which takes the thread that spins with it. */
async function inOwnProcess(url: string): Promise<number> {
  const args = ["run", "--quiet", "--no-check", "--allow-all", import.meta.filename!, url];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  return Number(new TextDecoder().decode(stdout));
}

const [hangOn] = Deno.args;
if (hangOn !== undefined) {
  print(String(await withSupervisor(hangOn, afterHang)));
  Deno.exit(0);
}
print(describeMachine());
await using server = await startPostgres();
const fresh = () => server.freshDatabase();
const crash = async () => await withSupervisor(await fresh(), afterExit("sabotage"));
await measure("worker crash to the next delivery settled", "ms", crash, ROUNDS);
const hang = async () => await inOwnProcess(await fresh());
await measure(`hang to the next delivery settled (deadline ${HANG_MS} ms)`, "ms", hang, ROUNDS);
const killed = async () => await afterKill(await fresh());
await measure("node kill -9 to the next delivery settled", "ms", killed, ROUNDS);
