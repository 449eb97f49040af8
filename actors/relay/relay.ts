/** A relay: brings the log to a target, in order, from where the last owner of its record left off. @module */
import type { Backend } from "../../backends/backend.ts";
import { type FeedPage, type FeedPlace, readFeed } from "../../backends/log_feed.ts";
import type { RelayRecord } from "../../backends/relay/relay_store.ts";
import {
  type OutgoingEvent,
  type RefusedEvent,
  type RelayTarget,
  TargetStopped,
} from "../../backends/relay/target.ts";
import type { CloudEvent } from "../../schema/cloudevents/cloud_event.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import { partitionOf } from "../../schema/partition.ts";
import { RelayClaim } from "./relay_claim.ts";
import { advanced, isAhead, laterPlace, letterOf, newRelay, splitHeld, stopped } from "./relay_state.ts";

/** The log, and where its relays are kept. */
export type RelaySource = Pick<
  Backend,
  "partitions" | "readAll" | "lastPosition" | "onAppended" | "models" | "relays" | "restoredFrom"
>;

export interface RelayOptions {
  readonly name: string;
  /** Where to, for people. */
  readonly to: string;
  /** Who runs it. */
  readonly owner: string;
  readonly target: RelayTarget;
  /** Only these types; default: all. */
  readonly types?: readonly string[] | undefined;
  /** Where a new relay begins. Default: with the first event. */
  readonly fromPosition?: number | undefined;
  /** As much of an event as may leave. */
  readonly shown: (stored: StoredEvent) => CloudEvent;
}

/** What a step came to. `waiting`: another one runs it. */
export type RelayStep = "moved" | "idle" | "paused" | "stopped" | "waiting";

/** Events that are sent at once. What a relay has in memory is bounded by two pages: one is sent while the next one is read. */
const PAGE = 1_000;
/** Behind a page of so many there are more. */
const BUSY = PAGE / 2;

export class Relay {
  readonly #source: RelaySource;
  readonly #options: RelayOptions;
  readonly #claim: RelayClaim;
  /** Behind what was read: ahead of the record where nothing of it was to be sent. */
  #place: FeedPlace | undefined;
  /** The page behind that place, which is being read. */
  #ahead: Promise<FeedPage> | undefined;

  constructor(source: RelaySource, options: RelayOptions) {
    this.#source = source;
    this.#options = options;
    this.#claim = new RelayClaim(source.relays, options.name, options.owner);
  }

  /** The record as it was last written. */
  get record(): RelayRecord | undefined {
    return this.#claim.record;
  }

  /** Calls back when there may be something to bring, where the store knows. Returns what ends that. */
  onAppended(listener: () => void): () => void {
    return this.#source.onAppended?.(listener) ?? (() => {});
  }

  /** Takes the relay a page further. Throws TargetUnavailable, and what the store throws. */
  async step(): Promise<RelayStep> {
    if (!await this.#isOurs()) return "waiting";
    const { state, isRetrying } = this.#claim.record!;
    if (state !== "running") return await this.#stay(state);
    // A restored store has sent some of it already, on its earlier timeline: a person says first that it goes on.
    if (this.#place === undefined && await this.#source.restoredFrom() !== undefined) {
      return await this.#stay("paused");
    }
    try {
      const place = this.#place ?? await this.#open();
      if (place === undefined) return "waiting";
      return isRetrying ? await this.#retry() : await this.#sendPage(place);
    } catch (error) {
      await this.#closeTarget();
      if (!(error instanceof TargetStopped)) throw error;
      await this.#save((record) => stopped(record, error.message));
      return "stopped";
    }
  }

  /** Ends it, so that another one may go on at once. */
  async close(): Promise<void> {
    await this.#closeTarget();
    await this.#claim.release();
  }

  async #isOurs(): Promise<boolean> {
    if (this.#claim.record !== undefined) return true;
    const { to, fromPosition = 1 } = this.#options;
    return await this.#claim.acquire(() => newRelay(to, fromPosition, this.#source.partitions));
  }

  /** Opens the target; undefined where another one has taken the relay over meanwhile. */
  async #open(): Promise<FeedPlace | undefined> {
    const record = this.#claim.record!;
    const { place: known, progress } = await this.#options.target.open(record);
    const place = known === undefined ? record.place : laterPlace(record.place, known);
    const last = await this.#source.lastPosition?.() ?? Infinity;
    if (isAhead(place, last)) {
      throw new TargetStopped("it is ahead of the log, which was restored: rewind it to where they part");
    }
    // Whoever hung before this has lost the relay by now, and must send nothing.
    if (!await this.#save((each) => ({ ...each, progress: progress ?? each.progress }))) return undefined;
    this.#place = place;
    return place;
  }

  async #sendPage(place: FeedPlace): Promise<RelayStep> {
    const { events, next } = await this.#page(place);
    this.#place = next;
    if (events.length >= BUSY) this.#readAhead(next);
    if (events.length === 0) return await this.#stay("idle", next);
    const outgoing = this.#outgoing(events, place);
    if (this.#claim.isDue && !await this.#save((record) => record)) return "waiting";
    const { held, free } = splitHeld(outgoing, this.#claim.record!.letters);
    const { refused, progress } = await this.#send(free);
    await this.#save((record) =>
      advanced(record, {
        place: next,
        delivered: free.length - refused.length,
        refused: [...held, ...refused].map(letterOf),
        progress: progress ?? record.progress,
      })
    );
    return "moved";
  }

  /** What was read ahead and was empty may have come since. */
  async #page(place: FeedPlace): Promise<FeedPage> {
    const ahead = await this.#ahead;
    this.#ahead = undefined;
    return ahead !== undefined && ahead.events.length > 0 ? ahead : await this.#read(place);
  }

  #read(place: FeedPlace): Promise<FeedPage> {
    return readFeed(this.#source, place, PAGE, this.#options.types);
  }

  #readAhead(place: FeedPlace): void {
    const ahead = this.#ahead = this.#read(place);
    // Whoever asks for it has its error.
    ahead.catch(() => {});
  }

  async #send(events: readonly OutgoingEvent[]) {
    if (events.length === 0) return { refused: [] as readonly RefusedEvent[], progress: undefined };
    return await this.#options.target.send(events);
  }

  /** With the place behind each: that of its partition moves with it. What is no event has no CloudEvent. */
  #outgoing(events: readonly StoredEvent[], from: FeedPlace): OutgoingEvent[] {
    const { models, partitions } = this.#source;
    const place = [...from];
    return events.filter(({ malformed }) => malformed === undefined).map((stored) => {
      // One log with one order has one place.
      if (models === undefined) place.fill(stored.position);
      else place[partitionOf(stored.event.correlation_id, partitions)] = stored.position;
      return { stored, shown: this.#options.shown(stored), place: [...place] };
    });
  }

  /** Sends dead letters again, by position; what is refused again stays, with what waits behind it. */
  async #retry(): Promise<RelayStep> {
    const { letters } = this.#claim.record!;
    const positions = new Set(letters.map(({ position }) => position));
    const events: OutgoingEvent[] = [];
    for (const position of positions) {
      for await (const stored of this.#source.readAll({ fromPosition: position, toPosition: position })) {
        events.push({ stored, shown: this.#options.shown(stored), place: this.#place! });
      }
    }
    const { refused, progress } = await this.#send(events);
    await this.#save((record) => {
      const rest = { ...record, letters: record.letters.filter(({ position }) => !positions.has(position)) };
      const delivered = events.length - refused.length;
      const { place } = record;
      const sent = advanced(rest, {
        place,
        delivered,
        refused: refused.map(letterOf),
        progress: progress ?? rest.progress,
      });
      return { ...sent, isRetrying: false };
    });
    return "moved";
  }

  /** Nothing is done; that it is alive is written now and then. */
  async #stay(step: RelayStep, place?: FeedPlace): Promise<RelayStep> {
    if (this.#claim.isDue) await this.#save((record) => ({ ...record, place: place ?? record.place }));
    return step;
  }

  /** False where another one has taken the relay over: it can't open what is open here. */
  async #save(change: (record: RelayRecord) => RelayRecord): Promise<boolean> {
    const isOurs = await this.#claim.save(change);
    if (!isOurs) await this.#closeTarget();
    return isOurs;
  }

  async #closeTarget(): Promise<void> {
    this.#place = this.#ahead = undefined;
    await this.#options.target.close();
  }
}
