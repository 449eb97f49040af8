import { assertEquals } from "@std/assert";
import type { WorkerLike } from "../../../../actors/pool/spawn_worker.ts";
import { WorkerSlot } from "../../../../actors/pool/worker_slot.ts";
import { testSupervisorOptions } from "../../../support/misbehaving/runtime.ts";
import { FIXED_SECRET } from "../../../support/misbehaving/fixed_ids.ts";

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

Deno.test("a worker that can't be made ends like any other: it is reported, and made again", async () => {
  let made = 0;
  const spawn = () => {
    if (++made === 1) throw new Error("no threads left");
    return readyWorker();
  };
  const exits: string[] = [];
  const slot = new WorkerSlot(
    { ...testSupervisorOptions, secret: Promise.resolve(FIXED_SECRET), spawn },
    (exit, reason) => exits.push(`${exit}: ${reason}`),
  );
  const { start } = slot.spec("worker/0");
  const { kind, error } = await start().ended;
  assertEquals([kind, error, exits], ["failed", undefined, ["start_failed: no threads left"]]);
  start();
  await slot.whenReady();
  slot.close();
});

Deno.test("batches wait for the next worker when one dies as it reports that it is ready", async () => {
  let made = 0;
  const spawn = () => {
    const worker = readyWorker();
    if (++made > 1) return worker;
    // Both arrive before anything that awaits either.
    const postMessage = () =>
      queueMicrotask(() => {
        worker.onmessage?.(new MessageEvent("message", { data: { kind: "ready" } }));
        worker.onerror?.(new ErrorEvent("error", { message: "too soon" }));
      });
    return Object.assign(worker, { postMessage });
  };
  const slot = new WorkerSlot(
    { ...testSupervisorOptions, secret: Promise.resolve(FIXED_SECRET), spawn },
    () => {},
  );
  const { start } = slot.spec("worker/0");
  await start().ended;
  const opened: number[] = [];
  slot.whenReady().then(() => opened.push(made));
  await new Promise((resolve) => setTimeout(resolve));
  start();
  await slot.whenReady();
  assertEquals(opened, [2]);
  slot.close();
});
