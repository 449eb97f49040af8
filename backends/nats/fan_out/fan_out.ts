/** The fan-out of a node: waits for its turn, finds where it is, and copies until another one does. @module */
import { logName } from "../../../schema/nats/log.ts";
import { type FanOut, FanOutHeld, type FanOutOptions } from "../../fan_out.ts";
import { BackendUnavailable } from "../../errors.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { WakeSignal } from "../../primitives/wake_signal.ts";
import type { NatsClient } from "../connection/client.ts";
import { Conflict } from "../connection/errors.ts";
import { ensureEvents, type EventsShape } from "../setup/events_stream.ts";
import { CheckpointStore } from "./checkpoint.ts";
import { FanOutWriter } from "./fan_out_writer.ts";
import { FanOutLease } from "./fan_out_lease.ts";
import type { Place } from "./place.ts";
import { requireResumption } from "./resumption_check.ts";

interface FanOutContext {
  readonly client: NatsClient;
  readonly store: EventsShape;
  readonly node: string;
  readonly options: FanOutOptions;
  /** Makes the bucket of leases again: it is in memory. */
  restore(): Promise<void>;
  /** Whether the log is another one, or shorter than it was: then its node ends. */
  isLogLost(): Promise<boolean>;
  /** Whether the store came from a backup, and nobody has accepted it yet: some was copied already, on its earlier timeline. */
  isRestored(): Promise<boolean>;
}

/** How late an event of another node is copied when little happens; those of this node's partitions wake it. */
const IDLE_MS = 250;
/** How old the durable copy of the checkpoint is at most: age takes nothing so young. */
const COPY_MS = 1_000;

export class NatsFanOut implements FanOut {
  readonly #context: FanOutContext;
  readonly #lease: FanOutLease;
  readonly #checkpoint: CheckpointStore;
  readonly #wake = new WakeSignal();
  readonly #renewMs: number;
  #renewedAt = 0;
  /** The durable copy as it was last written. */
  #copied: Place | undefined;
  #copiedAt = 0;

  constructor(context: FanOutContext) {
    const { client, store: { stream, prefix, leaseMs }, node } = context;
    this.#context = context;
    this.#lease = new FanOutLease({ client, stream, node });
    this.#checkpoint = new CheckpointStore(client, stream, prefix);
    this.#renewMs = leaseMs / 3;
  }

  /** Something was stored. */
  notify(): void {
    this.#wake.notify();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (let failures = 0; !signal.aborted;) {
        try {
          await this.#takeTurn(signal);
          failures = 0;
        } catch (error) {
          if (error instanceof FanOutHeld && await this.#context.isLogLost()) return;
          if (!(error instanceof BackendUnavailable || error instanceof Conflict)) throw error;
          if (error instanceof BackendUnavailable) await this.#context.restore().catch(() => {});
          await delayOrAbort(retryDelayMs(failures++), signal);
        }
      }
    } finally {
      await this.#lease.release().catch(() => {});
    }
  }

  async #takeTurn(signal: AbortSignal): Promise<void> {
    const isWaiting = await this.#context.isRestored() || !await this.#hold();
    if (isWaiting) return await delayOrAbort(this.#renewMs, signal);
    const writer = await this.#begin();
    try {
      while (!signal.aborted && await this.#isOurs()) {
        this.#wake.reset();
        await writer.copy(async () => !signal.aborted && await this.#isOurs());
        await this.#keep(writer, COPY_MS);
        await this.#wake.wait(signal, IDLE_MS);
      }
    } finally {
      // What is known of it in memory is the best that is known, also where another one has written meanwhile.
      await this.#keep(writer, 0).catch(() => {});
    }
  }

  async #begin(): Promise<FanOutWriter> {
    const { client, store, options } = this.#context;
    const { config: { subjects } } = await ensureEvents(client, store);
    const log = logName(store.stream);
    const resumption = await requireResumption(client, log, this.#checkpoint);
    const writer = new FanOutWriter({
      client,
      log,
      prefix: store.prefix,
      source: `/zaakstroom/${store.stream}`,
      taken: new Set(subjects),
      types: options.types,
      withhold: options.withhold,
    }, resumption);
    this.#copied = undefined;
    await this.#keep(writer, 0);
    return writer;
  }

  async #isOurs(): Promise<boolean> {
    return performance.now() - this.#renewedAt < this.#renewMs || await this.#hold();
  }

  async #hold(): Promise<boolean> {
    const now = performance.now();
    const isOurs = await this.#lease.hold();
    if (isOurs) this.#renewedAt = now;
    return isOurs;
  }

  /** Writes the durable copy where it is older than so long, and not what it was. */
  async #keep(writer: FanOutWriter, oldestMs: number): Promise<void> {
    const { place } = writer;
    const isSame = this.#copied?.sequence === place.sequence && this.#copied.position === place.position;
    if (isSame || !writer.isPlaced || performance.now() - this.#copiedAt < oldestMs) return;
    await this.#checkpoint.writeCopy({ ...place, types: this.#context.options.types });
    [this.#copied, this.#copiedAt] = [place, performance.now()];
  }
}
