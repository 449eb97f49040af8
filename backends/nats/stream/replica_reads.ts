/** Reading from a replica that is behind the server that takes the writes. @module */
import { BackendUnavailable } from "../../errors.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";

/** How often, and at what interval, it is read again. */
const REPLICA_READS = 200;
const INTERVAL_MS = 20;
const NEVER_ABORTED = new AbortController().signal;

/** Before a read is tried again, and at once before the first. Throws BackendUnavailable after four seconds of tries. */
export async function pauseForReplica(tries: number): Promise<void> {
  if (tries > REPLICA_READS) throw new BackendUnavailable("A replica of NATS is behind");
  if (tries > 0) await delayOrAbort(INTERVAL_MS, NEVER_ABORTED);
}
