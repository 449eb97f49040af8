/** Boots the workers a node would boot, and has each of them handle a batch. @module */
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import { noopObserver } from "../../../actors/observer.ts";
import { WorkerPool } from "../../../actors/pool/worker_pool.ts";
import type { BatchResult } from "../../../actors/worker/protocol.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { deliveryLine, encodeLines } from "../../../schema/delivery_line.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";

/** The processor that takes what a producer publishes; every worker hosts all of them. */
const FIRST_PROCESSOR = "intake";

/** Milliseconds each worker took until it had booted and handled its batch. Throws the signal's reason when it aborts. */
export async function checkWorkers(
  workers: number,
  event: WireEvent,
  signal: AbortSignal,
): Promise<number[]> {
  const began = performance.now();
  signal.throwIfAborted();
  const died = Promise.withResolvers<never>();
  const abort = () => died.reject(signal.reason);
  signal.addEventListener("abort", abort);
  // A worker that dies is what this looks for: it is not started again.
  const settings = { ...defaultSupervisorOptions(workers), intensity: { restarts: 0, periodMs: 60_000 } };
  const pool = new WorkerPool(settings, noopObserver, (reason) => died.reject(failed(reason)));
  try {
    const lines = encodeLines([deliveryLine({ ...PLACE, recordedAt: Date.now(), event })]);
    const handled = Array.from({ length: workers }, async (_, partition) => {
      const batch = { processor: FIRST_PROCESSOR, partition, lines };
      requireHandled(partition, await pool.run(batch, () => Promise.resolve("")));
      return performance.now() - began;
    });
    return await Promise.race([Promise.all(handled), died.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    pool.close();
  }
}

const PLACE = { position: 1, version: 1, attempt: 1, held: false } as const;

function requireHandled(worker: number, { failedAttempts: failures, outputs }: BatchResult): void {
  const [failure] = failures;
  if (failure !== undefined) {
    throw failed(`worker ${worker + 1} could not handle its batch: ${failure.error.message}`);
  }
  if (outputs.length === 0) throw failed(`worker ${worker + 1} handled its batch and emitted nothing`);
}

function failed(reason: string): CommandError {
  return new CommandError(exitCodes.failed, reason);
}
