/** Appends events by whoever may write to their partitions: this node, the owner of each, or nobody at the moment. @module */
import type { Msg } from "@nats-io/transport-deno";
import type { WireEvent } from "../../../../schema/events.ts";
import { BackendUnavailable, EventIdConflict } from "../../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../../event_store.ts";
import { EventTooLarge } from "../../connection/errors.ts";
import { delayOrAbort } from "../../../primitives/concurrency.ts";
import { type PendingEvent, pendingEventOf } from "../../stream/message.ts";
import { factOf, isSameFact } from "../partition/same_fact.ts";
import { OwnershipLost } from "../partition/record_writer.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { bytesOfEvent } from "../record/event_lines.ts";
import { sliceToFit } from "../record/slices.ts";
import type { JudgedVersions, PartitionAppend } from "./append_contribution.ts";
import { encodeAppend, resultIn } from "./append_request.ts";

/** By which owners are asked. */
interface Requests {
  readonly maxPayload: number;
  request(subject: string, data: Uint8Array): Promise<Msg>;
}

interface AppenderOptions {
  readonly requests: Requests;
  readonly partitions: number;
  /** On which owners are asked. */
  subjectOf(partition: number): string;
  /** Called once something was written by this node to a partition that it does not own. */
  notify(partition: number): void;
  readonly signal: AbortSignal;
  /** The writer of a partition that this node owns. */
  ownerOf(partition: number): PartitionWriter | undefined;
  /** A writer for a partition without an owner; left out by those who may not write to the log. */
  writerOf?(partition: number): PartitionWriter | Promise<PartitionWriter>;
}

/** Pauses while a partition has no owner: a takeover takes a tenth of a second once the lease is free. */
const NO_OWNER_PAUSES_MS = [50, 100, 250];
/** The bytes of events that are asked for at once, before compression. */
const REQUEST_BYTES = 4_000_000;
const HEADERS_ROOM = 512;

export class Appender {
  constructor(readonly options: AppenderOptions) {}

  /**
   * Stores the events of a partition all or none, up to some megabytes of them. Those of several partitions are checked
   * everywhere before any is stored; when the store becomes unavailable in between, the same call completes it.
   */
  async append(
    events: readonly WireEvent[],
    expected: ExpectedVersion,
    judgedOn?: JudgedVersions,
  ): Promise<AppendResult> {
    if (events.length === 0) return { stored: 0, duplicates: 0, position: 0, version: 0 };
    const pending = events.map((event) => pendingEventOf(event, this.options.partitions));
    refuseContradictions(pending, expected);
    const parts = judgedOn === undefined
      ? this.#partsOf(pending, expected)
      : wholeParts(pending, expected, judgedOn);
    if (parts.length > 1) await this.#sendAll(parts.map((part) => ({ ...part, checkOnly: true })));
    const results = await this.#sendAll(parts);
    const stored = results.reduce((sum, result) => sum + result.stored, 0);
    const last = parts.findLastIndex((part) => part.events.at(-1) === pending.at(-1));
    const { position, version } = results[last]!;
    return { stored, duplicates: events.length - stored, position, version };
  }

  /** An append for each partition, in several where one request can't hold it: the first has the expectation. */
  #partsOf(events: readonly PendingEvent[], expected: ExpectedVersion): PartitionAppend[] {
    const byPartition = Map.groupBy(events, ({ partition }) => partition);
    const sizeOf = (event: PendingEvent) => ({ events: 1, bytes: bytesOfEvent(event) });
    return [...byPartition.values()].flatMap((its) =>
      sliceToFit(its, sizeOf, { events: Infinity, bytes: REQUEST_BYTES })
        .map((events, i): PartitionAppend => ({ events, expected: i === 0 ? expected : "any" }))
    );
  }

  /** Different partitions at once, the parts of one in their order. */
  async #sendAll(parts: readonly PartitionAppend[]): Promise<AppendResult[]> {
    const last = new Map<number, Promise<unknown>>();
    return await Promise.all(parts.map((part) => {
      const { partition } = part.events[0]!;
      const before = last.get(partition);
      const sent = before === undefined ? this.#send(part) : before.then(() => this.#send(part));
      last.set(partition, sent);
      return sent;
    }));
  }

  async #send(append: PartitionAppend): Promise<AppendResult> {
    const owner = this.options.ownerOf(append.events[0]!.partition);
    if (owner !== undefined) {
      try {
        return await owner.append(append);
      } catch (error) {
        if (!(error instanceof OwnershipLost)) throw error;
      }
    }
    return await this.#ask(append);
  }

  async #ask(append: PartitionAppend): Promise<AppendResult> {
    const { requests, subjectOf, signal } = this.options;
    const request = encodeAppend(append);
    if (request.length + HEADERS_ROOM > requests.maxPayload && append.events.length > 1) {
      return await this.#askInHalves(append);
    }
    const subject = subjectOf(append.events[0]!.partition);
    for (let tries = 0;; tries++) {
      let cause: unknown;
      try {
        const result = resultIn((await requests.request(subject, request)).data);
        if (result !== undefined) return result;
      } catch (error) {
        if (!isWithoutOwner(error)) throw error;
        cause = error;
      }
      const pause = NO_OWNER_PAUSES_MS[tries];
      if (pause === undefined || await this.#isOwnerless(append)) {
        return await this.#appendDirectly(append, cause);
      }
      await delayOrAbort(pause, signal);
    }
  }

  /** Nobody has the partition, by what its log says: an owner that died is there still. */
  async #isOwnerless({ events }: PartitionAppend): Promise<boolean> {
    const view = await this.options.writerOf?.(events[0]!.partition);
    return view !== undefined && view.state.owner === undefined;
  }

  async #askInHalves(
    { events, expected, judgedOn, checkOnly = false }: PartitionAppend,
  ): Promise<AppendResult> {
    if (judgedOn !== undefined) {
      throw new EventTooLarge(
        "Decisions are stored together with what they were judged with: append fewer at once",
      );
    }
    const half = events.length >> 1;
    const first = await this.#ask({ events: events.slice(0, half), expected, checkOnly });
    const second = await this.#ask({ events: events.slice(half), expected: "any", checkOnly });
    const stored = first.stored + second.stored;
    return { ...second, stored, duplicates: first.duplicates + second.duplicates };
  }

  /** Compares and sets, and notifies the owner that there may be by now. */
  async #appendDirectly(append: PartitionAppend, cause: unknown): Promise<AppendResult> {
    const { writerOf, notify } = this.options;
    const { partition } = append.events[0]!;
    if (writerOf === undefined) {
      throw new BackendUnavailable("No node is running that takes events", { cause });
    }
    const result = await (await writerOf(partition)).append(append);
    if (result.stored > 0) notify(partition);
    return result;
  }
}

/** An append for each partition, each in one piece. */
function wholeParts(
  events: readonly PendingEvent[],
  expected: ExpectedVersion,
  judgedOn: JudgedVersions,
): PartitionAppend[] {
  const byPartition = Map.groupBy(events, ({ partition }) => partition);
  return [...byPartition.values()].map((its) => ({ events: its, expected, judgedOn }));
}

/** Throws EventIdConflict for an id with two contents, and TypeError for an expectation that is not of one case. */
function refuseContradictions(events: readonly PendingEvent[], expected: ExpectedVersion): void {
  const byId = new Map<string, PendingEvent>();
  for (const event of events) {
    const before = byId.get(event.eventId);
    if (before === undefined) byId.set(event.eventId, event);
    else if (!isSameFact(factOf(before), factOf(event))) throw new EventIdConflict(event.eventId);
  }
  if (expected !== "any" && events.some(({ caseId }) => caseId !== events[0]!.caseId)) {
    throw new TypeError("Cannot expect a version of events of more than one case");
  }
}

/** Nobody listens for requests to the partition: the server says so at once. */
export function isWithoutOwner(error: unknown): boolean {
  for (let each = error as Error | undefined; each !== undefined; each = each.cause as Error | undefined) {
    if (each.name === "NoResponders" || each.name === "NoRespondersError") return true;
  }
  return false;
}
