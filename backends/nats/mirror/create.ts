/** Makes a mirror of a store at another place: its server pulls every message there is over its leaf node connection. @module */
import type { StreamInfo } from "@nats-io/jetstream";
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import { NatsClient, parseAnswer } from "../connection/client.ts";
import { isNotFound } from "../connection/errors.ts";
import { type NatsOptions, requestedStoreOf } from "../setup/options.ts";
import { readIfThere } from "../setup/stream_changes.ts";
import { apiOf, domainOf, mirroredNames, mirrorOf } from "./mirrored_streams.ts";

/** What is mirrored now. */
interface CreatedMirror {
  /** Mirrors that were made. */
  readonly created: readonly string[];
  /** Those that were there. */
  readonly kept: readonly string[];
}

/**
 * Makes the mirrors that are missing on this server, of the store in the JetStream domain `of`. Throws BackendUnavailable when
 * either can't be reached, and BackendUnusable where this server has a store already, or there is none in the domain.
 */
export async function createMirror(options: NatsOptions, of: string): Promise<CreatedMirror> {
  const { stream, replicas = 1 } = requestedStoreOf(options);
  const client = await openLinked(options);
  try {
    const names = mirroredNames(stream);
    const sources = await Promise.all(names.map((name) => sourceInfo(client, of, name)));
    if (sources.at(-1) === undefined) {
      throw new BackendUnusable(`There is no stream ${names.at(-1)} in the domain ${of}: run setup there`);
    }
    const [created, kept]: [string[], string[]] = [[], []];
    for (const source of sources) {
      if (source === undefined) continue;
      const { name } = source.config;
      const found = await readIfThere(client, name);
      if (found !== undefined) {
        requireMirror(name, domainOf(found.config), of);
        kept.push(name);
        continue;
      }
      await client.manage(({ streams }) => streams.add(mirrorOf(source, of, replicas)));
      created.push(name);
    }
    return { created, kept };
  } finally {
    await client.close();
  }
}

/** A connection whose answers may come over the link to the other domain. */
export function openLinked(options: NatsOptions): Promise<NatsClient> {
  return NatsClient.open({ ...options, inboxPrefix: "_INBOX.mirror" });
}

/** A stream of another domain; undefined where it has none of the name. */
export async function sourceInfo(
  client: NatsClient,
  domain: string,
  name: string,
): Promise<StreamInfo | undefined> {
  try {
    return parseAnswer<StreamInfo>(await client.request(`${apiOf(domain)}.STREAM.INFO.${name}`));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (!(error instanceof BackendUnavailable)) throw error;
    throw new BackendUnavailable(`The JetStream domain ${domain} does not answer`, { cause: error });
  }
}

function requireMirror(name: string, domain: string | undefined, of: string): void {
  if (domain === of) return;
  const is = domain === undefined ? "there and no mirror" : `a mirror of the domain ${domain}`;
  throw new BackendUnusable(`The stream ${name} is ${is}: make the mirror where nothing of a store is`);
}
