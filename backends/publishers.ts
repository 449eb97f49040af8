/**
 * For programs that store events: thin, typed front doors over `append`. Amounts are in euros. A misspelt or missing field
 * fails the type check; a field of an organisation's own, which the store keeps, goes in by
 * `publish({ event_type, data })`.
 *
 * ```ts
 * // register.ts
 * import { caseIntake, PostgresEventPublisher } from "@zaakstroom/zaakstroom";
 *
 * // Connects at the first event. On JetStream: await NatsEventPublisher.create("nats://localhost:4222").
 * const publisher = new PostgresEventPublisher("postgresql://localhost/schulden");
 *
 * export async function register(case_id: string, citizen_bsn: string, debt_amount: number): Promise<void> {
 *   await publisher.publish(caseIntake({ case_id, citizen_bsn, debt_amount, debt_type: "parkeerboete" }));
 * }
 *
 * await publisher.close();
 * ```
 *
 * The store must be there: the commands `setup` and `start` make it.
 * @module
 */
import type { DataInput, WireEvent } from "../schema/events.ts";
import { type EventInput, type InputOptions, type INTAKE_DEFAULTS, readInput } from "../schema/input.ts";
import { isReserved } from "../schema/authority/names.ts";
import type { EventSink } from "./event_sink.ts";
import { NotAllowed } from "./errors.ts";
import { readFromOutside } from "./producers.ts";
export {
  BackendUnavailable,
  BackendUnusable,
  EventIdConflict,
  NotAllowed,
  VersionConflict,
} from "./errors.ts";
import type { AppendResult, ExpectedVersion } from "./event_store.ts";
export type { AppendResult, ExpectedVersion } from "./event_store.ts";
import type { NatsOptions } from "./nats/setup/options.ts";
import { openPostgres } from "./postgres/postgres_backend.ts";
import type { PostgresOptions } from "./postgres/setup/options.ts";
import { withTracedAppends } from "./tracing/load_tracing.ts";

export { InvalidEvent } from "../schema/codec.ts";
export type { DataInput, EventType } from "../schema/events.ts";
export type { EventInput } from "../schema/input.ts";

/** Data of an intake: the brief's four fields, and what else is known. */
export type IntakeInput =
  & Omit<DataInput<"case.intake">, DefaultedIntakeField>
  & Partial<Pick<DataInput<"case.intake">, DefaultedIntakeField>>;
type DefaultedIntakeField = keyof typeof INTAKE_DEFAULTS;

/** A `case.intake` event; missing fields get the defaults of `schema/input.ts` when it is published. */
export function caseIntake(data: IntakeInput): EventInput {
  return { event_type: "case.intake", data };
}

/** A `case.analysis` event. */
export function caseAnalysis(data: DataInput<"case.analysis">): EventInput {
  return { event_type: "case.analysis", data };
}

/** A `case.decision` event. */
export function caseDecision(data: DataInput<"case.decision">): EventInput {
  return { event_type: "case.decision", data };
}

/** A `case.completed` event. */
export function caseCompleted(data: DataInput<"case.completed">): EventInput {
  return { event_type: "case.completed", data };
}

export interface PublishOptions extends InputOptions {
  /** What the case's version must be; a conflict throws VersionConflict. Default `any`. */
  expected?: ExpectedVersion;
}

/** Publishes events to any backend. Events are validated before anything is stored: InvalidEvent names what is wrong. */
export class EventPublisher {
  readonly #backend: () => Promise<EventSink>;
  #opened: Promise<EventSink> | undefined;

  constructor(backend: () => Promise<EventSink>) {
    this.#backend = backend;
  }

  /** Connects now, rather than at the first event. */
  async connect(): Promise<void> {
    await this.#open();
  }

  /** Stores one event. Resolves when it is durable, with the version of its case. */
  async publish(event: EventInput, options: PublishOptions = {}): Promise<AppendResult> {
    return await this.publishAll([event], options);
  }

  /** Stores events together: all or none, in this order. */
  async publishAll(events: readonly EventInput[], options: PublishOptions = {}): Promise<AppendResult> {
    const { expected = "any", ...rest } = options;
    requireOwnSource(rest.source);
    const read = (): WireEvent[] => events.map((event) => readInput(event, rest));
    const complete = await readFromOutside(read, () => this.#open());
    return await (await this.#open()).append(complete, expected);
  }

  /** A backend that could not be opened is tried again by the next call. */
  #open(): Promise<EventSink> {
    this.#opened ??= this.#backend().then((backend) => withTracedAppends(backend, "publish")).catch(
      (error) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }

  /** Ends the connections. Legal twice, and before anything was published. */
  async close(): Promise<void> {
    await (await this.#opened)?.close();
  }
}

/** A program names itself, and none of the runtime's parts. */
function requireOwnSource(source: string | undefined): void {
  if (source !== undefined && isReserved(source)) {
    throw new NotAllowed(`the source ${source} is the runtime's own`);
  }
}

/**
 * Publishes to PostgreSQL. Connects at the first event. The store must be there, as this version needs it: the commands
 * `setup` and `start` make it. Otherwise publishing throws BackendRefused with one line that says what to do.
 */
export class PostgresEventPublisher extends EventPublisher {
  constructor(url: string, options: Omit<PostgresOptions, "url" | "migrate"> = {}) {
    super(() => openPostgres({ connections: 2, ...options, url }));
  }
}

/**
 * Publishes to NATS JetStream, into the streams that nodes work on. Makes them where they are missing; with `producer` it only sends
 * in that name, to nodes that run.
 */
export class NatsEventPublisher extends EventPublisher {
  constructor(url: string, options: Omit<NatsOptions, "url"> = {}) {
    // Programs that publish to PostgreSQL need not load its client.
    super(async () => {
      const { producer } = options;
      if (producer === undefined) {
        return (await import("./nats/nats_backend.ts")).openNats({ ...options, url });
      }
      return await (await import("./nats/producer_client.ts")).openNatsProducer({
        ...options,
        url,
        producer,
      });
    });
  }

  /** One that is connected. Throws BackendUnavailable when no server answers and BackendUnusable when it can't be used. */
  static async create(url: string, options: Omit<NatsOptions, "url"> = {}): Promise<NatsEventPublisher> {
    const publisher = new NatsEventPublisher(url, options);
    await publisher.connect();
    return publisher;
  }
}

/** PublishCase of the brief: stores intakes. */
export class PublishCase {
  constructor(readonly publisher: EventPublisher) {}

  publish(data: IntakeInput, options?: PublishOptions): Promise<AppendResult> {
    return this.publisher.publish(caseIntake(data), options);
  }
}

/** PublishAnalysis of the brief: stores analyses made elsewhere. */
export class PublishAnalysis {
  constructor(readonly publisher: EventPublisher) {}

  publish(data: DataInput<"case.analysis">, options?: PublishOptions): Promise<AppendResult> {
    return this.publisher.publish(caseAnalysis(data), options);
  }
}

/** PublishDecision of the brief: stores decisions made elsewhere, a caseworker's among them. */
export class PublishDecision {
  constructor(readonly publisher: EventPublisher) {}

  publish(data: DataInput<"case.decision">, options?: PublishOptions): Promise<AppendResult> {
    return this.publisher.publish(caseDecision(data), options);
  }
}
