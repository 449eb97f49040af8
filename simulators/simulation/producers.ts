/** The producers of a simulation: one a case, which appends the next intake once the last is acknowledged. @module */
import type { Backend } from "../../backends/backend.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { retryWhileUnavailable } from "../../backends/primitives/retry.ts";
import { InFlightGauge } from "../proof/watched_backend.ts";
import { PendingFaults } from "./pending_faults.ts";
import { type FailingDelivery, intakeEvent } from "./simulated_cases.ts";
import { linkedBackend, SimulatedLink } from "./simulated_link.ts";
import type { SimulationContext } from "./simulated_testbed.ts";
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
      await retryWhileUnavailable(() => this.#backend.append([event]), new AbortController().signal);
      trace.record(`${caseId} ${n} is acknowledged`);
      this.accepted.push(event.event_id);
    }
    this.#appending--;
  }

  #pause(ms: number): Promise<void> {
    const { time } = this.#context;
    return new Promise((resolve) => time.after(ms, this.#link.context.process, resolve));
  }
}
