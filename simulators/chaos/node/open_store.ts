/** Opening a store of chaos: the same way for nodes, producers, readers and thieves. @module */
import type { Backend } from "../../../backends/backend.ts";
import { type AvailabilityListener, retryWhileUnavailable } from "../../../backends/primitives/retry.ts";

interface StorePlan {
  readonly backend: "postgres" | "nats";
  readonly url: string;
  /** The stream, on NATS. */
  readonly stream: string;
  /** The name of the node; a new one when left out. */
  readonly node?: string | undefined;
  readonly onAvailabilityChange?: AvailabilityListener;
  /** Who is not part of the run. */
  readonly patient?: boolean;
}

export const PARTITIONS = 4;
/** Deliveries in a batch: few, so that there are many settles to disturb. */
export const BATCH_SIZE = 50;
export const BATCH_BYTES = 200_000;
const LEASE_MS = 1_000;
/** After this long without an answer the backend is unavailable, for nodes and producers. Readers are patient. */
const DEADLINE_MS = 2_000;
const PATIENT_MS = 15_000;

/** Opens it, however long the backend takes to answer; not for ever. */
export async function openStore(plan: StorePlan): Promise<Backend> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), 4 * PATIENT_MS);
  try {
    return await retryWhileUnavailable(() => openOnce(plan), late.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function openOnce(
  { backend, stream, patient = false, node = crypto.randomUUID(), ...plan }: StorePlan,
): Promise<Backend> {
  const deadlineMs = patient ? PATIENT_MS : DEADLINE_MS;
  const bounds = { batchSize: BATCH_SIZE, batchBytes: BATCH_BYTES, deadlineMs };
  const options = { ...plan, node, ...bounds, leaseMs: LEASE_MS, partitions: PARTITIONS };
  if (backend === "postgres") {
    const { openPostgres } = await import("../../../backends/postgres/postgres_backend.ts");
    return await openPostgres({ ...options, migrate: "apply", pollMs: 500, connections: 5 });
  }
  const { openNats } = await import("../../../backends/nats/nats_backend.ts");
  return await openNats({ ...options, stream });
}
