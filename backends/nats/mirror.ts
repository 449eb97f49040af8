/**
 * A copy of a store at another place: a mirror, fed by the hub through the servers' own links (a leaf node, a gateway).
 * It has the same events at the same positions, a moment later. It is read while the hub is away, and promoted when the
 * hub will not come back; what the hub acknowledged in its last moment may then be missing, and two stores that both
 * take events can't be joined again. So promoting is an act of a person.
 * @module
 */
import { partitionsIn, storeStream, type StreamConfig, Subjects } from "../../schema/nats.ts";
import { partitionOf } from "../../schema/partition.ts";
import { type Backend, BackendRefused } from "../backend.ts";
import { CaseBook } from "./case_book.ts";
import { NatsClient, type NatsTarget } from "./client.ts";
import { ApiError } from "./errors.ts";
import { Kinds } from "./kinds.ts";
import * as reading from "./reading.ts";
import { StoreClock } from "./store_clock.ts";

export interface MirrorOptions extends NatsTarget {
  /** The stream, here and at the hub. Default `CASES`. */
  readonly stream?: string;
  /** What its subjects begin with. Default: the stream's name in small letters. */
  readonly prefix?: string;
}

/** What can be asked of a copy. */
export type CaseReader = Pick<
  Backend,
  "partitions" | "readCase" | "readAll" | "listCases" | "audit" | "storedKinds" | "close"
>;

interface StreamInfo {
  config: StreamConfig & { mirror?: { name: string } };
  mirror?: { lag: number };
}

/**
 * Makes a mirror on this server of the store of another one. Throws BackendAway when either can't be reached and
 * BackendRefused when the stream is there already.
 * @param hub the JetStream domain of the server that has the store
 */
export async function createMirror(options: MirrorOptions & { readonly hub: string }): Promise<void> {
  const { stream = "CASES", hub } = options;
  await withClient(options, async (client) => {
    const info = await client.request(`$JS.${hub}.API.STREAM.INFO.${stream}`);
    const { config } = info.json<StreamInfo>();
    // What is only for who writes has no place in a mirror.
    const { subjects: _, allow_atomic: __, ...kept } = config;
    const mirror = { name: stream, external: { api: `$JS.${hub}.API` } };
    await client.api(`STREAM.CREATE.${stream}`, { ...kept, mirror }).catch((error) => {
      if (error instanceof ApiError) {
        throw new BackendRefused(`NATS refuses the mirror ${stream} (${error.message})`);
      }
      throw error;
    });
  });
}

/** Opens a mirror for reading. Throws BackendAway, or BackendRefused when it is not one of ours. */
export async function openMirror(options: MirrorOptions): Promise<CaseReader> {
  const { stream = "CASES", prefix = stream.toLowerCase() } = options;
  const client = await NatsClient.open(options);
  try {
    const partitions = partitionsOf(await infoOf(client, stream));
    const subjects = new Subjects(prefix);
    const book = new CaseBook(client, stream, subjects, (caseId) => partitionOf(caseId, partitions));
    const kinds = new Kinds(subjects);
    const parts = { client, stream, subjects, book, clock: new StoreClock(client, stream) };
    return {
      partitions,
      readCase: (caseId) => reading.readCase(parts, caseId),
      readAll: (range) => reading.readAll(parts, range),
      listCases: (wanted) => reading.latestCases(parts, wanted),
      audit: (caseId) => reading.audit(parts, caseId),
      storedKinds: () => kinds.read(client, stream),
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** How many messages of the hub have not come yet, as far as the mirror knows. */
export async function mirrorLag(options: MirrorOptions): Promise<number> {
  const { stream = "CASES" } = options;
  return await withClient(options, async (client) => (await infoOf(client, stream)).mirror?.lag ?? 0);
}

/**
 * Makes a store of a mirror: from then on it takes events and gives out mailboxes, at the checkpoints that had come.
 * Nobody may write to the hub's any more. Throws BackendRefused when there is no mirror.
 */
export async function promoteMirror(options: MirrorOptions): Promise<void> {
  const { stream = "CASES", prefix = stream.toLowerCase() } = options;
  await withClient(options, async (client) => {
    const info = await infoOf(client, stream);
    if (info.config.mirror === undefined) throw new BackendRefused(`The stream ${stream} is no mirror`);
    const { mirror: _, ...kept } = info.config;
    const shape = { stream, prefix, partitions: partitionsOf(info), replicas: kept.num_replicas, leaseMs: 0 };
    await client.api(`STREAM.UPDATE.${stream}`, { ...kept, ...storeStream(shape) });
  });
}

async function infoOf(client: NatsClient, stream: string): Promise<StreamInfo> {
  return await client.api<StreamInfo>(`STREAM.INFO.${stream}`);
}

function partitionsOf({ config }: StreamInfo): number {
  const partitions = partitionsIn(config);
  if (partitions >= 1) return partitions;
  throw new BackendRefused(`The stream ${config.name} is not ours`);
}

async function withClient<T>(target: NatsTarget, work: (client: NatsClient) => Promise<T>): Promise<T> {
  const client = await NatsClient.open(target);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
