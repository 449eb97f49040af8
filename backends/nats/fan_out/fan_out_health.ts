/** How the fan-out of a store stands, as anybody finds it who asks. @module */
import { logName } from "../../../schema/nats/log.ts";
import type { FanOutHealth } from "../../health.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import type { NatsClient } from "../connection/client.ts";
import type { PartitionWriter } from "../journal/partition/partition_writer.ts";
import { backlogAfter } from "../journal/reads/backlog.ts";
import { READS_AT_ONCE } from "../stream/direct_get.ts";
import { CheckpointStore } from "./checkpoint.ts";
import { FanOutLease } from "./fan_out_lease.ts";
import { faultOf } from "./resumption_check.ts";

interface HealthContext {
  readonly client: NatsClient;
  readonly stream: string;
  readonly prefix: string;
  now(): number;
}

/** Undefined for a store without one. */
export async function fanOutHealth(
  { client, stream, prefix, now }: HealthContext,
  views: readonly PartitionWriter[],
): Promise<FanOutHealth | undefined> {
  const last = Math.max(...views.map(({ state }) => state.last));
  const found = await new CheckpointStore(client, stream, prefix).find(last === 0);
  if (found === undefined) return undefined;
  const { resumption, copy } = found;
  const [writer, held] = await Promise.all([
    new FanOutLease({ client, stream, node: "" }).holder(),
    faultOf(client, logName(stream), last, found),
  ]);
  if (held !== undefined || resumption === undefined) return { writer, held, pending: 0, oldestMs: 0 };
  const behind = await mapConcurrently(
    READS_AT_ONCE,
    views,
    (view) => backlogAfter(view, resumption.position, copy?.types),
  );
  const oldest = Math.min(...behind.map(({ oldest = Infinity }) => oldest));
  return {
    writer,
    pending: Math.max(0, behind.reduce((sum, { count }) => sum + count, -resumption.skip)),
    oldestMs: oldest === Infinity ? 0 : Math.max(0, now() - oldest),
  };
}
