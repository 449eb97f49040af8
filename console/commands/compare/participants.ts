/** The stores that take part in a comparison, each in a place of its own where none was given. @module */
import { join } from "node:path";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import type { PostgresTarget } from "../../../backends/postgres/connection/driver_options.ts";
import { socketDirectory } from "../../../backends/postgres/embedded/layout.ts";
import type { Participant } from "../../../simulators/comparison.ts";
import { openBackend, type OpenedBackend, type OpenOptions } from "../../store/open_backend.ts";
import { backendOptions, type BackendValues } from "../../store/options.ts";
import type { CompareValues } from "./options.ts";
import { describeExit, exitCodes } from "../../cli/exit_codes.ts";
import { defaultsOf } from "../../cli/options.ts";

interface OpenParticipant extends Participant {
  close(): Promise<void>;
  /** Of the PostgreSQL, for others who use it. */
  readonly url: string | undefined;
}

/** What takes part, and what could not. */
export type Participants = Awaited<ReturnType<typeof openParticipants>>;

/**
 * No timer fires. The generated cases are of the past, so thousands of their terms would expire at once, while something
 * else is measured, and sooner on one backend than on another.
 */
export const TIMERS_AS_OF = () => new Date(0);
const OPEN_OPTIONS: OpenOptions = { role: "node", timersAsOf: TIMERS_AS_OF };

/** Opens the backends; their files are made below `directory`. A backend that was asked for by a URL must be there. */
export async function openParticipants(values: CompareValues, directory: string) {
  const open: OpenParticipant[] = [];
  const excluded: { name: string; why: string }[] = [];
  try {
    open.push(await openPostgres(values, directory));
    const nats = await openJetStream(values, directory);
    if ("why" in nats) excluded.push(nats);
    else open.push(nats);
    open.push(await openMemory(values));
    return { open, excluded };
  } catch (error) {
    for (const each of open) await each.close();
    throw error;
  }
}

/** The environment of the other commands is not asked: a comparison uses what it was given, and nothing else. */
export function backendValues({ partitions }: CompareValues, more: Partial<BackendValues>): BackendValues {
  return { ...defaultsOf(backendOptions), partitions, ...more };
}

export async function openPostgres(values: CompareValues, directory: string): Promise<OpenParticipant> {
  const url = values["postgres-url"];
  const place = url === undefined ? { "data-dir": join(directory, "postgres") } : { url };
  const opened = await openBackend(backendValues(values, { backend: "postgres", ...place }), OPEN_OPTIONS);
  const host = socketDirectory(opened.where, 5432);
  const target = url === undefined ? { host } : { url };
  return {
    ...toParticipant(opened, () => eventBytes(target)),
    url: url ?? `postgres://zaakstroom@${encodeURIComponent(host)}:5432/zaakstroom`,
  };
}

/** Bytes of the table of events with its indexes and its long values. */
async function eventBytes(target: PostgresTarget): Promise<number> {
  const client = new PostgresClient(target, { connections: 1 });
  try {
    const [row] = await client.run((sql) =>
      sql<[{ bytes: number }]>`select pg_total_relation_size('zaakstroom.events')::float8 as bytes`
    );
    return row.bytes;
  } finally {
    await client.close();
  }
}

async function openJetStream(
  values: CompareValues,
  directory: string,
): Promise<OpenParticipant | { name: string; why: string }> {
  const url = values["nats-url"];
  const place = url === undefined ? { "data-dir": join(directory, "nats") } : { url };
  try {
    const opened = await openBackend(backendValues(values, { backend: "nats", ...place }), OPEN_OPTIONS);
    return {
      ...toParticipant(opened, () => url === undefined ? Promise.resolve(null) : streamBytes(url)),
      url,
    };
  } catch (error) {
    const { code, text } = describeExit(error);
    if (url !== undefined || code === exitCodes.bug) throw error;
    return { name: "nats", why: `no server was given with --nats-url, and none could be had (${text})` };
  }
}

/** Bytes of the log, which holds events, checkpoints and timers, and of its index. */
async function streamBytes(url: string): Promise<number> {
  const { connect } = await import("@nats-io/transport-deno");
  const connection = await connect({ servers: url });
  try {
    const bytes = await Promise.all(["CASES_log", "CASES_index"].map(async (stream) => {
      const answer = await connection.request(`$JS.API.STREAM.INFO.${stream}`);
      return answer.json<{ state: { bytes: number } }>().state.bytes;
    }));
    return bytes.reduce((sum, each) => sum + each, 0);
  } finally {
    await connection.close();
  }
}

async function openMemory(values: CompareValues): Promise<OpenParticipant> {
  const opened = await openBackend(backendValues(values, { backend: "memory" }), OPEN_OPTIONS);
  return toParticipant(opened, () => Promise.resolve(null));
}

function toParticipant(opened: OpenedBackend, storedBytes: Participant["storedBytes"]): OpenParticipant {
  return { backend: opened.backend, storedBytes, url: undefined, close: () => opened.close() };
}
