/** Settles what is leased alone: through the owner of its partition, and by compare-and-set where there is none. @module */
import type { Msg } from "@nats-io/transport-deno";
import { delayOrAbort } from "../../../primitives/concurrency.ts";
import { isWithoutOwner } from "../append/appender.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { encodeSettle, outcomeIn, requestContribution, type SettleRequest } from "./settle_request.ts";

interface ThroughOwnerOptions {
  request(partition: number, data: Uint8Array): Promise<Msg>;
  view(partition: number): Promise<PartitionWriter>;
  /** Tells the owner that something was written. */
  notifyOwner(partition: number): void;
  /** The present time of the store. */
  now(): number;
  readonly signal: AbortSignal;
}

/** Pauses while a partition changes hands. */
const PAUSES_MS = [50, 100, 250];

/** Throws RangeError as a settlement of an owner does, and BackendUnavailable: settling again is safe. */
export async function settleThroughOwner(
  options: ThroughOwnerOptions,
  partition: number,
  request: SettleRequest,
): Promise<ReturnType<typeof outcomeIn> & string> {
  const bytes = encodeSettle(request);
  for (const pause of PAUSES_MS) {
    try {
      const outcome = outcomeIn((await options.request(partition, bytes)).data);
      if (outcome !== undefined) return outcome;
    } catch (error) {
      if (!isWithoutOwner(error)) throw error;
    }
    await delayOrAbort(pause, options.signal);
  }
  const view = await options.view(partition);
  const outcome = await view.submit(requestContribution(request, () => options.now()));
  options.notifyOwner(partition);
  return outcome;
}
