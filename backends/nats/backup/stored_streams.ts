/** Which streams of a store are kept: the log, and whatever is not made of it. @module */
import type { StreamInfo } from "@nats-io/jetstream";
import { eventsName } from "../../../schema/nats/events_stream.ts";
import { indexName } from "../../../schema/nats/index_stream.ts";
import { relaysStream } from "../../../schema/nats/relays.ts";
import { logName } from "../../../schema/nats/log.ts";
import { toMicroseconds } from "../../backup/restore_plan.ts";
import { BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";
import { isNotFound } from "../connection/errors.ts";
import { type NatsOptions, requestedStoreOf } from "../setup/options.ts";
import { secretName } from "../setup/secret.ts";
import { compareStreams } from "../setup/streams.ts";

/** A store as its backups know it. */
export interface StoredStreams {
  readonly log: string;
  /** Those whose content comes and goes; one of them may not be there yet. */
  readonly others: readonly string[];
  /** Those whose content never changes. */
  readonly fixed: readonly string[];
  /** Of which store a directory has backups: streams are known by when their log was made. */
  readonly id: string;
}

/** The index is made anew from the log, and so is what was copied for others: where that goes on, a person says. */
function isMadeAnew(name: string, stream: string): boolean {
  return name === indexName(stream) || name === eventsName(stream);
}

/** The streams of the store that is there. Throws BackendUnusable where it lacks one. */
export async function storedStreams(client: NatsClient, options: NatsOptions): Promise<StoredStreams> {
  const { stream } = requestedStoreOf(options);
  const { streams, missing } = await compareStreams(client, requestedStoreOf(options));
  if (missing.length > 0) {
    throw new BackendUnusable(
      `The store has no stream ${missing[0]}: run the setup or start command, which make it`,
    );
  }
  const kept = streams.filter(({ config: { name, storage } }) =>
    storage === "file" && !isMadeAnew(name, stream)
  );
  const log = kept.find(({ config }) => config.name === logName(stream))!;
  const secret = await infoOf(client, secretName(stream));
  return {
    log: log.config.name,
    others: [...kept.filter((each) => each !== log).map(({ config }) => config.name), relaysStream(stream)],
    fixed: secret === undefined ? [] : [secret.config.name],
    id: storeId(log),
  };
}

/** The name that the directory of its backups has for a store. */
export function storeId({ config: { name }, created }: Pick<StreamInfo, "config" | "created">): string {
  return `nats ${name} ${toMicroseconds(created)}`;
}

/** A stream; undefined where there is none. `details`: with what was deleted in it. */
export async function infoOf(
  client: NatsClient,
  name: string,
  details = false,
): Promise<StreamInfo | undefined> {
  const options = details ? { deleted_details: true } : {};
  return await client.manage(({ streams }) => streams.info(name, options)).catch((error) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}
