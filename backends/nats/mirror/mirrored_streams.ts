/** Which streams of a store are mirrored at another place, and how a mirror becomes the stream that it is a mirror of. Pure. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import { ingestName } from "../../../schema/nats.ts";
import { eventsName } from "../../../schema/nats/events_stream.ts";
import { indexName } from "../../../schema/nats/index_stream.ts";
import { inboxName, logName } from "../../../schema/nats/log.ts";
import { producersStream } from "../../../schema/nats/producers.ts";
import { relaysStream } from "../../../schema/nats/relays.ts";
import { secretName } from "../setup/secret.ts";

/** What a stream has and its mirror can't have, in the metadata of the mirror: its source is away when they are needed. */
const SOURCE_KEY = "zaakstroom.mirrored";
const SOURCE_SETTINGS = ["subjects", "republish", "allow_atomic", "discard"] as const;

/** What a mirror knows of its source. */
interface MirroredSource {
  readonly settings: Partial<StreamConfig>;
  /** When the source was made: names of messages are derived from it. */
  readonly created: string;
}

/** The streams of a store that are kept at another place, the log last: without it nothing there is a store. Leases are not. */
export function mirroredNames(stream: string): readonly string[] {
  return [
    secretName(stream),
    producersStream(stream),
    relaysStream(stream),
    inboxName(stream),
    ingestName(stream),
    eventsName(stream),
    indexName(stream),
    logName(stream),
  ];
}

/** The configuration of a mirror of a stream that is in another domain. */
export function mirrorOf(
  source: { readonly config: StreamConfig; readonly created: string },
  domain: string,
  replicas: number,
): Partial<StreamConfig> & Pick<StreamConfig, "name"> {
  const { config, created } = source;
  const { subjects, republish: _, allow_atomic: __, persist_mode: ___, sources: ____, ...kept } = config;
  const settings = Object.fromEntries(SOURCE_SETTINGS.map((name) => [name, config[name]]));
  return {
    ...kept,
    num_replicas: replicas,
    // A bound on the source is one on what waits there; its mirror keeps what is gone there, and drops the oldest.
    discard: "old",
    mirror: { name: config.name, external: { api: apiOf(domain), deliver: "" } },
    metadata: {
      ...config.metadata,
      [SOURCE_KEY]: JSON.stringify({ settings: { ...settings, subjects }, created }),
    },
  };
}

/** Where the JetStream of another domain is asked. */
export function apiOf(domain: string): string {
  return `$JS.${domain}.API`;
}

/** The domain that a stream is a mirror of; undefined where it is none. */
export function domainOf({ mirror }: StreamConfig): string | undefined {
  return mirror === undefined ? undefined : /^\$JS\.(.+)\.API$/.exec(mirror.external?.api ?? "")?.[1] ?? "";
}

/** What a mirror knows of its source. */
export function sourceOf({ metadata }: StreamConfig): MirroredSource | undefined {
  const text = metadata?.[SOURCE_KEY];
  return text === undefined ? undefined : JSON.parse(text);
}

/** What changes when a mirror becomes a stream that is written to. */
export function promotion(
  config: StreamConfig,
  more: Readonly<Record<string, string>>,
): Partial<StreamConfig> {
  const { [SOURCE_KEY]: _, ...metadata } = config.metadata ?? {};
  const change = { ...sourceOf(config)?.settings, metadata: { ...metadata, ...more }, mirror: undefined };
  // The library's types know no field that is removed.
  return change as object;
}
