/** The layouts of stores: which streams they have, and what else depends on that. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import { type StoreShape, type StreamSettings, streamsOf, Subjects } from "../../../schema/nats.ts";
import type { NatsClient } from "../connection/client.ts";
import { casesBucketOf, foreignProjection } from "../log/projected_log.ts";
import { lostLog } from "./lost_store.ts";

/** The subjects that a node uses. */
interface NodeSubjects {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

export interface StoreLayout {
  /** Every stream, the log first. */
  streamsOf(shape: StoreShape): StreamSettings[];
  /** Flags that every write to the log needs. Older servers accept and silently drop them. */
  readonly needed: readonly (keyof StreamConfig)[];
  /** Throws BackendUnusable where a store of another layout has these names. */
  refuseOthers(client: NatsClient, shape: StoreShape): Promise<void>;
  /** Throws StoreLost where something was made of another log. With `apply` it is emptied, to be made anew; returns what was. */
  requireOwn(client: NatsClient, shape: StoreShape, apply: boolean): Promise<string[]>;
  subjectsOf(shape: Pick<StoreShape, "stream" | "prefix">): NodeSubjects;
}

/** Events by subject, checkpoints and all else beside them in one stream. */
export const EVENT_LAYOUT: StoreLayout = {
  streamsOf,
  needed: ["allow_atomic", "allow_msg_ttl", "allow_direct", "allow_rollup_hdrs"],
  refuseOthers: () => Promise.resolve(),
  requireOwn: requireOwnList,
  subjectsOf({ prefix }) {
    const { run } = new Subjects(prefix);
    return {
      publish: ["$JS.API.>", `${prefix}.>`, `${run}.>`, `${prefix}-notify`, "$KV.>"],
      subscribe: ["_INBOX.>", `${prefix}-notify`],
    };
  },
};

/** The list of cases must be of this log. */
async function requireOwnList(
  client: NatsClient,
  { stream }: StoreShape,
  apply: boolean,
): Promise<string[]> {
  const position = await foreignProjection(client, stream);
  if (position === undefined) return [];
  if (!apply) {
    throw lostLog(stream, `is older than its list of cases, or another one (that was at ${position})`);
  }
  const { bucket } = casesBucketOf(stream);
  await client.manage(({ streams }) => streams.purge(bucket));
  return [bucket];
}
