import { assertEquals } from "@std/assert";
import type { WorkerLike } from "../../../../actors/pool/spawn_worker.ts";
import { WorkerSlot } from "../../../../actors/pool/worker_slot.ts";
import { testSupervisorOptions } from "../../../support/misbehaving/runtime.ts";

/** A worker that says that it is ready, and nothing else. */
function readyWorker(): WorkerLike {
  const worker: WorkerLike = {
    onmessage: null,
    onmessageerror: null,
    onerror: null,
    postMessage: () =>
      queueMicrotask(() => worker.onmessage?.(new MessageEvent("message", { data: { kind: "ready" } }))),
    terminate: () => {},
  };
  return worker;
}

Deno.test("a worker that can't be made ends like every other one: told of, and made again", async () => {
  let made = 0;
  const spawn = () => {
    if (++made === 1) throw new Error("no threads left");
    return readyWorker();
  };
  const exits: string[] = [];
  const seat = new WorkerSlot(
    { ...testSupervisorOptions, spawn },
    (exit, reason) => exits.push(`${exit}: ${reason}`),
  );
  const { start } = seat.spec("worker/0");
  const { kind, error } = await start().ended;
  assertEquals([kind, error, exits], ["failed", undefined, ["start_failed: no threads left"]]);
  start();
  await seat.whenReady();
  seat.close();
});

Deno.test("a worker that dies as it says that it is ready opens no door: batches wait for the next one", async () => {
  let made = 0;
  const spawn = () => {
    const worker = readyWorker();
    if (++made > 1) return worker;
    // Both are heard before anything that waits for either.
    const postMessage = () =>
      queueMicrotask(() => {
        worker.onmessage?.(new MessageEvent("message", { data: { kind: "ready" } }));
        worker.onerror?.(new ErrorEvent("error", { message: "too soon" }));
      });
    return Object.assign(worker, { postMessage });
  };
  const seat = new WorkerSlot({ ...testSupervisorOptions, spawn }, () => {});
  const { start } = seat.spec("worker/0");
  await start().ended;
  const opened: number[] = [];
  seat.whenReady().then(() => opened.push(made));
  await new Promise((resolve) => setTimeout(resolve));
  start();
  await seat.whenReady();
  assertEquals(opened, [2]);
  seat.close();
});
