/**
 * The stream of the fan-out, and its subjects: each event of the log as one message of its own, for others. It can be made
 * anew from the log.
 * @module
 */
import type { PersistMode, Republish } from "@nats-io/jetstream";
import { allEventTypes } from "../events.ts";
import { type StoreShape, storeStream, type StreamSettings, token } from "../nats.ts";

/** As other streams of ours, and republished to subjects that nobody has to look up. */
type EventsSettings = StreamSettings & {
  readonly republish: Republish;
  readonly persist_mode?: PersistMode;
};

const DAY_NS = 86_400_000_000_000;
/** How long an event is there by default; the operator may change it. */
const MAX_AGE_DAYS = 7;
/** The least that the server takes. No message has an id: they are chained by their sequences. */
const DUPLICATE_WINDOW_NS = 100_000_000;

/** The subjects are listed: one for all of them would take in what producers send to the ingest subject. */
export function eventsStream(shape: StoreShape): EventsSettings {
  const subjects = new EventSubjects(shape.prefix);
  return {
    ...storeStream(shape),
    name: eventsName(shape.stream),
    subjects: allEventTypes.map((type) => subjects.of(type, "*")),
    max_age: MAX_AGE_DAYS * DAY_NS,
    duplicate_window: DUPLICATE_WINDOW_NS,
    allow_rollup_hdrs: false,
    republish: { src: `${shape.prefix}.*.*`, dest: `${shape.prefix}.{{wildcard(1)}}` },
    // A server that syncs every write need not do so for each of these: what it loses of its end is copied again, under the same
    // sequences. With replicas the server refuses it.
    ...(shape.replicas === 1 ? { persist_mode: "async" } : {}),
    metadata: {},
  };
}

export function eventsName(stream: string): string {
  return `${stream}_events`;
}

/** What the names of types begin with, which subjects leave out. */
const TYPE_PREFIX = "case.";

/** The subjects under which others find the events of a store. */
export class EventSubjects {
  constructor(readonly prefix: string) {}

  /** Where the events of a type and a partition are stored: `cases.intake.3`. */
  of(type: string, partition: number | "*"): string {
    return `${this.live(type)}.${partition}`;
  }

  /** Where they are republished, which is not stored: `cases.intake`. */
  live(type: string): string {
    const name = type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : type;
    return `${this.prefix}.${token(name)}`;
  }
}
