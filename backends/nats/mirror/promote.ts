/** Makes a store of a mirror: nodes work on it then, and what leaves it waits until a person accepts it, as after a restore. @module */
import type { StreamInfo } from "@nats-io/jetstream";
import { delay } from "@std/async/delay";
import { ingestName } from "../../../schema/nats.ts";
import { inboxName, logName } from "../../../schema/nats/log.ts";
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import type { Restoration } from "../../restoration.ts";
import type { NatsClient } from "../connection/client.ts";
import { namesOf, type NatsOptions } from "../setup/options.ts";
import { ORIGIN } from "../setup/origin.ts";
import { restoredMetadata } from "../setup/restored.ts";
import { readIfThere } from "../setup/stream_changes.ts";
import { openLinked, sourceInfo } from "./create.ts";
import { domainOf, mirroredNames, promotion, sourceOf } from "./mirrored_streams.ts";
import { removeHandled } from "./remove_handled.ts";

/** What became of a mirror. */
export interface PromotedMirror {
  readonly restoration: Restoration;
  /** The last record that is there. */
  readonly last: number;
  /** How many records of the source are not there; undefined where the source does not answer. */
  readonly missing: number | undefined;
}

interface PromoteRequest {
  /** Also where the source answers: its nodes are stopped, and it is never written to again. */
  readonly isSourceOver: boolean;
}

/**
 * Promotes the mirrors on this server, that of the log last: what is cut off before is a mirror still, and the same call goes
 * on. Throws BackendUnusable where there is no mirror, and where its source answers but `isSourceOver`.
 */
export async function promoteMirror(
  options: NatsOptions,
  { isSourceOver }: PromoteRequest,
): Promise<PromotedMirror> {
  const { stream } = namesOf(options);
  const client = await openLinked(options);
  try {
    const log = await requireMirror(client, logName(stream));
    const domain = domainOf(log.config)!;
    const source = await sourceIfThere(client, domain, log.config.name);
    if (source !== undefined && !isSourceOver) {
      throw new BackendUnusable(
        `The domain ${domain}, of which this is a mirror, answers: nobody may write to both. ` +
          "If it is over for good, stop its nodes, cut the link and use --source-is-over",
      );
    }
    for (const name of mirroredNames(stream)) {
      if (name !== log.config.name) await promoteStream(client, name);
    }
    await removeHandled(client, {
      ingest: ingestName(stream),
      inbox: inboxName(stream),
      log: log.config.name,
    });
    return { ...await promoteLog(client, log, domain), missing: missingIn(log, source) };
  } finally {
    await client.close();
  }
}

async function requireMirror(client: NatsClient, name: string): Promise<StreamInfo> {
  const found = await readIfThere(client, name);
  if (found === undefined) throw new BackendUnusable(`There is no mirror here: make one by mirror create`);
  if (domainOf(found.config) !== undefined) return found;
  throw new BackendUnusable(`The stream ${name} is no mirror: it is of a store that nodes may work on`);
}

/** A link that was cut for a moment is taken up again within a second or so. */
const [TRIES, INTERVAL_MS] = [3, 1_000];

/** The log of the source; undefined where it does not answer, however often it is asked. */
async function sourceIfThere(
  client: NatsClient,
  domain: string,
  name: string,
): Promise<StreamInfo | undefined> {
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      return await sourceInfo(client, domain, name);
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
    }
    if (tries < TRIES) await delay(INTERVAL_MS);
  }
  return undefined;
}

function missingIn({ state }: StreamInfo, source: StreamInfo | undefined): number | undefined {
  return source && Math.max(0, source.state.last_seq - state.last_seq);
}

/** Makes the stream of a mirror, but of that of the log; nothing where it is none. */
async function promoteStream(client: NatsClient, name: string): Promise<void> {
  const { config } = await readIfThere(client, name) ?? {};
  if (config === undefined || domainOf(config) === undefined) return;
  const created = sourceOf(config)?.created;
  const change = promotion(config, created === undefined ? {} : { [ORIGIN]: created });
  await client.manage(({ streams }) => streams.update(name, change));
}

/** One change: it is a store, and knows from where it came. */
async function promoteLog(client: NatsClient, log: StreamInfo, domain: string) {
  const { name } = log.config;
  // What came meanwhile counts.
  const { config, state } = await client.manage(({ streams }) => streams.info(name));
  const { restoration, metadata } = restoredMetadata(config.metadata, {
    mirrorOf: domain,
    moment: state.last_ts,
    restoredAt: new Date().toISOString(),
  });
  await client.manage(({ streams }) => streams.update(name, promotion(config, metadata)));
  return { restoration, last: state.last_seq };
}
