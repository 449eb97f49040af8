/** What a NATS server says of itself and of our streams, read without changing anything. @module */
import type { JetStreamAccountStats, StreamInfo } from "@nats-io/jetstream";
import type { StreamDrift } from "../../../schema/nats.ts";
import { logName } from "../../../schema/nats/log.ts";
import { BackendUnavailable } from "../../errors.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { CheckpointStore } from "../fan_out/checkpoint.ts";
import { faultOf } from "../fan_out/resumption_check.ts";
import type { RequestedStore } from "../setup/streams.ts";
import { compareStreams } from "../setup/streams.ts";
import type { Permissions } from "./permissions.ts";

/** What `$SYS.REQ.USER.INFO` answers to every user. */
interface UserInfo {
  readonly server: { readonly ver: string; readonly jetstream?: boolean; readonly time: string };
  readonly data: { readonly user: string; readonly account: string; readonly permissions?: Permissions };
}

export interface NatsFacts {
  readonly version: string;
  readonly maxPayload: number;
  readonly isEncrypted: boolean;
  readonly isLocal: boolean;
  /** Undefined where the account has no JetStream, or its API does not answer this user. */
  readonly account: JetStreamAccountStats | undefined;
  readonly permissions: Permissions | undefined;
  /** Undefined where a server does not answer. */
  readonly clockAheadMs: number | undefined;
  /** Our streams that are there. */
  readonly streams: readonly StreamInfo[];
  /** The names of those that are not. */
  readonly missing: readonly string[];
  /** How many a store has. */
  readonly wanted: number;
  readonly drift: readonly StreamDrift[];
  /** Why the fan-out stands still, where the store has one; undefined also where it does not. */
  readonly fanOutHeld?: string | undefined;
}

/** Asks the server. Throws BackendUnavailable where it stops answering, and BackendUnusable for streams that are not ours. */
export async function readFacts(
  client: NatsClient,
  wanted: RequestedStore,
): Promise<NatsFacts> {
  const askedAt = Date.now();
  const user = await orUndefined(async () =>
    parseAnswer<UserInfo>(await client.request("$SYS.REQ.USER.INFO"))
  );
  const middle = (askedAt + Date.now()) / 2;
  const account = await orUndefined(() => client.manage((manager) => manager.getAccountInfo()));
  const compared = account === undefined
    ? { streams: [], missing: [], wanted: 0, drift: [] }
    : await compareStreams(client, wanted);
  return {
    version: client.server,
    maxPayload: client.maxPayload,
    isEncrypted: client.isEncrypted,
    isLocal: client.isLocal,
    account,
    permissions: user?.data.permissions,
    clockAheadMs: user === undefined ? undefined : Date.parse(user.server.time) - middle,
    ...compared,
    fanOutHeld: await orUndefined(() => fanOutFault(client, wanted, compared.streams)),
  };
}

async function fanOutFault(
  client: NatsClient,
  { stream, prefix }: RequestedStore,
  streams: readonly StreamInfo[],
): Promise<string | undefined> {
  const log = streams.find(({ config }) => config.name === logName(stream));
  if (log === undefined) return undefined;
  const { last_seq: last } = log.state;
  const found = await new CheckpointStore(client, stream, prefix).find(last === 0);
  return found && await faultOf(client, logName(stream), last, found);
}

/** What a server does not answer, or not to this user, is unknown; one that is away is an error. */
async function orUndefined<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof BackendUnavailable && /connection is lost/.test(error.message)) throw error;
    return undefined;
  }
}
