/**
 * The read model of cases, in a KV bucket. The log is projected in chunks: the entries of a chunk and the checkpoint behind
 * it are one atomic batch, so every event counts once, whichever node projects it. Without a checkpoint it starts over.
 * @module
 */
import { token } from "../../../schema/nats.ts";
import type { CaseSummary } from "../../backend.ts";
import { type Write, writeBatch } from "../stream/atomic_publish.ts";
import { casesBucketOf, projectedUpTo, readProjected } from "../log/projected_log.ts";
import { readLastPerSubject, readNext, readSubject, type StreamMessage } from "../stream/direct_get.ts";
import { BackendUnavailable, InsufficientRights } from "../../errors.ts";
import { Conflict, isNotFound } from "../connection/errors.ts";
import { OrderedReader } from "../stream/ordered_reader.ts";
import { envelopeOf, isEvent } from "../stream/message.ts";
import type { NatsContext } from "../context.ts";

/** Events of a chunk. Its entries and the checkpoint fit one atomic batch. */
const PROJECT_AT_ONCE = 900;
const BYTES_AT_ONCE = 4_000_000;
/** Positions of the bucket that the list reads in one step back. */
const STEP_BACK = 2_000;

/** The latest event of a case in a chunk, and when the case was opened if the chunk has its first event. */
interface LatestEvent {
  readonly found: StreamMessage;
  readonly openedAt: number | undefined;
}

export type ProjectionContext = Pick<NatsContext, "client" | "stream" | "subjects" | "caseHeads">;

/** Brings the read model up to date, chunk by chunk. */
export class CaseProjection {
  readonly #context: ProjectionContext;
  #reader: OrderedReader | undefined;
  /** The events up to here are no longer in the reader. */
  #droppedUpTo = 0;

  constructor(context: ProjectionContext) {
    this.#context = context;
  }

  /** Projects the next chunk. Returns how many events it had, at least 1 when another node was faster. */
  async project(): Promise<number> {
    const { client, stream } = this.#context;
    const { subject } = casesBucketOf(stream);
    const projected = await readProjected(client, stream);
    const events = await this.#next(projected.position);
    if (events.length === 0) return 0;
    const entries = await entriesOf(this.#context, latestOf(events));
    const expect = { filter: subject("checkpoint"), last: projected.at };
    const writes: Write[] = entries.map((entry) => ({
      subject: subject(`case.${token(entry.caseId)}`),
      payload: JSON.stringify(entry),
    }));
    writes.push({ subject: subject("checkpoint"), payload: projectedUpTo(events.at(-1)!), expect });
    try {
      await writeBatch(client, writes);
      return events.length;
    } catch (error) {
      if (error instanceof Conflict) return 1;
      throw error;
    }
  }

  /**
   * The next events behind a position, by a consumer that stays: for a direct get the server counts everything else under
   * the filter, walks through all subjects of the store for that, and blocks writes meanwhile.
   */
  async #next(after: number): Promise<StreamMessage[]> {
    // The checkpoint moved back: the read model was emptied.
    if (after < this.#droppedUpTo) await this.close();
    const { client, stream, subjects } = this.#context;
    const reader = this.#reader ??= new OrderedReader({
      client,
      stream,
      filters: [subjects.events()],
      after,
    });
    do {
      reader.dropUpTo(after);
      await reader.fill(PROJECT_AT_ONCE, BYTES_AT_ONCE);
    } while ((reader.rawMessages.at(-1)?.position ?? Infinity) <= after);
    reader.dropUpTo(after);
    this.#droppedUpTo = after;
    return reader.messages;
  }

  /** Ends the consumer. The next stretch makes another one. */
  async close(): Promise<void> {
    this.#droppedUpTo = 0;
    await this.#reader?.close();
    this.#reader = undefined;
  }
}

/** The latest event of each case, in the order in which they were stored. What is no event is none. */
function latestOf(messages: readonly StreamMessage[]): Map<string, LatestEvent> {
  const latest = new Map<string, LatestEvent>();
  for (const found of messages.filter(isEvent)) {
    const { caseId, version } = envelopeOf(found);
    const openedAt = version === 1 ? found.recordedAt : latest.get(caseId)?.openedAt;
    latest.delete(caseId);
    latest.set(caseId, { found, openedAt });
  }
  return latest;
}

async function entriesOf(
  context: ProjectionContext,
  latest: ReadonlyMap<string, LatestEvent>,
): Promise<CaseSummary[]> {
  const known = await openedBefore(
    context,
    [...latest].filter(([, { openedAt }]) => openedAt === undefined).map(([caseId]) => caseId),
  );
  return [...latest].map(([caseId, { found, openedAt }]) => {
    const { version, type } = envelopeOf(found);
    return {
      caseId,
      version,
      latest: type,
      openedAt: openedAt === undefined ? known.get(caseId)! : isoTime(openedAt),
      updatedAt: isoTime(found.recordedAt),
    };
  });
}

/** When cases were opened whose first event is in an earlier chunk: read from the bucket, or else from the log. */
async function openedBefore(
  context: ProjectionContext,
  cases: readonly string[],
): Promise<Map<string, string>> {
  if (cases.length === 0) return new Map();
  const { client, stream, subjects, caseHeads } = context;
  const { bucket, subject } = casesBucketOf(stream);
  const keys = cases.map((caseId) => subject(`case.${token(caseId)}`));
  const entries = (await readLastPerSubject(client, bucket, keys) ?? []).map(summaryOf);
  const opened = new Map(entries.map(({ caseId, openedAt }) => [caseId, openedAt]));
  for (const caseId of cases.filter((caseId) => !opened.has(caseId))) {
    const first = await readNext(client, stream, subjects.case(caseHeads.partitionOf(caseId), caseId), 1);
    opened.set(caseId, isoTime(first!.recordedAt));
  }
  return opened;
}

interface ListOptions {
  readonly limit?: number;
  readonly latest?: string;
}

/** Cases by latest change, newest first. Brings the model up to date first; a lost bucket is created again. */
export async function listCases(
  context: ProjectionContext & Pick<NatsContext, "leases">,
  options: ListOptions = {},
): Promise<CaseSummary[]> {
  try {
    return await readList(context, options);
  } catch (error) {
    if (!(error instanceof BackendUnavailable)) throw error;
    await context.leases.restore();
    return await readList(context, options);
  }
}

async function readList(
  context: ProjectionContext,
  { limit = 20, latest }: ListOptions,
): Promise<CaseSummary[]> {
  const projection = new CaseProjection(context);
  try {
    while (await projection.project() > 0);
  } catch (error) {
    // Whoever may only read sees the list as a node left it.
    if (!(error instanceof InsufficientRights)) throw error;
  } finally {
    await projection.close();
  }
  const chosen = new Map<string, CaseSummary>();
  for (let to = await lastOf(context); to > 0 && chosen.size < limit; to -= STEP_BACK) {
    for (const summary of (await entriesBetween(context, Math.max(1, to - STEP_BACK + 1), to)).reverse()) {
      const matches = latest === undefined || summary.latest === latest;
      if (matches && chosen.size < limit && !chosen.has(summary.caseId)) chosen.set(summary.caseId, summary);
    }
  }
  return [...chosen.values()];
}

async function lastOf({ client, stream }: ProjectionContext): Promise<number> {
  const { bucket } = casesBucketOf(stream);
  try {
    return (await client.manage(({ streams }) => streams.info(bucket))).state.last_seq;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}

async function entriesBetween(
  { client, stream }: ProjectionContext,
  from: number,
  to: number,
): Promise<CaseSummary[]> {
  const { bucket, subject } = casesBucketOf(stream);
  const entries: CaseSummary[] = [];
  for await (const found of readSubject(client, bucket, subject("case.*"), from)) {
    if (found.position > to) break;
    entries.push(summaryOf(found));
  }
  return entries;
}

function summaryOf({ payload }: StreamMessage): CaseSummary {
  return JSON.parse(payload);
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
