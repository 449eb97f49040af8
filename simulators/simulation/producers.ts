/** The producers of a simulation: one a case, which appends the next intake once the last is acknowledged. @module */
import type { Backend } from "../../backends/backend.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { retryWhileUnavailable } from "../../backends/primitives/retry.ts";
import { InFlightGauge } from "../proof/watch_context.ts";
import { EventIdConflict } from "../../backends/errors.ts";
import { InvalidEvent } from "../../schema/codec.ts";
import type { WireEvent } from "../../schema/events.ts";
import { readInput } from "../../schema/input.ts";
import { malformedEvents } from "../chaos/hostile/malformed_input.ts";
import { PendingFaults } from "./pending_faults.ts";
import { type FailingDelivery, intakeEvent } from "./simulated_cases.ts";
import { linkedBackend, SimulatedLink } from "./simulated_link.ts";
import type { SimulationContext } from "./simulation_context.ts";
import { storeFor } from "./store_clock.ts";
import { Process } from "./simulated_time.ts";

export class Producers {
  readonly #context: SimulationContext;
  readonly #link: SimulatedLink;
  readonly #backend: Backend;
  /** Ids of the events whose append was acknowledged. */
  readonly accepted: string[] = [];
  readonly failing: FailingDelivery[] = [];
  #appending = 0;
  #hostileCases = 0;

  constructor(context: SimulationContext) {
    this.#context = context;
    const { time, random, store, storeClock, mutation } = context;
    const process = new Process("producers");
    const pending = new PendingFaults(() => {});
    this.#link = new SimulatedLink({
      name: "producers",
      time,
      process,
      random,
      pending,
      inFlight: new InFlightGauge(),
    });
    const shared = storeFor(this.#link.client, mutation.store?.(store) ?? store, storeClock);
    this.#backend = linkedBackend(createMemoryBackend({ shared, owner: "producers" }), this.#link);
  }

  get done(): boolean {
    return this.#appending === 0;
  }

  start(): void {
    const { settings, time } = this.#context;
    for (const [caseId, intakes] of Object.entries(settings.cases)) {
      this.#appending++;
      time.after(0, this.#link.context.process, () => void this.#produce(caseId, intakes));
    }
  }

  /** Marks a delivery that is to fail, before its intake is appended. */
  mark(delivery: FailingDelivery): void {
    this.failing.push(delivery);
  }

  /** Sends garbage, an event under an id that is taken, and many valid events at once. */
  sendHostile(fault: string, count: number): void {
    this.#appending++;
    const { time } = this.#context;
    time.after(0, this.#link.context.process, () => void this.#sendHostile(fault, count));
  }

  async #sendHostile(fault: string, count: number): Promise<void> {
    const { trace, recorder } = this.#context;
    const refused = malformedEvents.filter(isRefused).length;
    if (refused < malformedEvents.length) recorder.crashes.push("malformed input was not refused");
    const caseId = `hostile-${++this.#hostileCases}`;
    const events = Array.from({ length: count }, (_, n) => intakeEvent(caseId, n + 1, []));
    await this.#append(events);
    const [first] = events;
    await this.#append([{ ...first!, data: { ...first!.data, debt_amount: 1 } }]).catch((error) => {
      if (!(error instanceof EventIdConflict)) throw error;
      trace.recordEffect(fault, `${refused} refused, ${count} more events, a taken id refused`);
    });
    this.#appending--;
  }

  async #append(events: readonly WireEvent[]): Promise<void> {
    await retryWhileUnavailable(() => this.#backend.append(events), new AbortController().signal);
    this.accepted.push(...events.map(({ event_id }) => event_id));
  }

  cut(): void {
    this.#link.cut();
  }

  heal(): void {
    this.#link.heal();
  }

  async #produce(caseId: string, intakes: number): Promise<void> {
    const { settings: { loadMs }, random, trace } = this.#context;
    for (let n = 1; n <= intakes; n++) {
      await this.#pause(random.uniform() * 2 * loadMs / intakes);
      const event = intakeEvent(caseId, n, this.failing);
      await this.#append([event]);
      trace.record(`${caseId} ${n} is acknowledged`);
    }
    this.#appending--;
  }

  #pause(ms: number): Promise<void> {
    const { time } = this.#context;
    return new Promise((resolve) => time.after(ms, this.#link.context.process, resolve));
  }
}

function isRefused(event: object): boolean {
  try {
    readInput(event);
    return false;
  } catch (error) {
    return error instanceof InvalidEvent;
  }
}
