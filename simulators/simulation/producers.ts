/** Producers of a simulation: one for each case, which appends the next intake only when the last is acknowledged. @module */
import type { Backend } from "../../backends/backend.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { retryWhileUnavailable } from "../../backends/primitives/retry.ts";
import { intakeEvent } from "./simulated_cases.ts";
import { nodeStore } from "./node_store.ts";
import { InFlightGauge, linkedBackend, SimulatedLink } from "./simulated_link.ts";
import type { SimulationContext } from "./simulated_node.ts";
import { Process } from "./simulated_time.ts";

export class Producers {
  readonly #context: SimulationContext;
  readonly #link: SimulatedLink;
  readonly #backend: Backend;
  #appending = 0;

  constructor(context: SimulationContext) {
    this.#context = context;
    const { time, random, history, store, clock, mutation } = context;
    const process = new Process("producers");
    this.#link = new SimulatedLink({
      name: "producers",
      time,
      process,
      random,
      history,
      takeFault: () => undefined,
    });
    const shared = nodeStore(
      "producers",
      this.#link.client,
      mutation.store?.(store) ?? store,
      clock,
      history,
    );
    const backend = createMemoryBackend({ shared, owner: "producers" });
    this.#backend = linkedBackend(backend, this.#link, new InFlightGauge());
  }

  get done(): boolean {
    return this.#appending === 0;
  }

  start(): void {
    const { schedule, time } = this.#context;
    for (const [caseId, intakes] of Object.entries(schedule.cases)) {
      this.#appending++;
      time.after(0, this.#link.context.process, () => void this.#produce(caseId, intakes));
    }
  }

  cut(): void {
    this.#link.cut();
  }

  heal(): void {
    this.#link.heal();
  }

  async #produce(caseId: string, intakes: number): Promise<void> {
    const { schedule: { loadMs, faults }, random, history } = this.#context;
    for (let n = 1; n <= intakes; n++) {
      await this.#pause(random.uniform() * 2 * loadMs / intakes);
      const event = intakeEvent(caseId, n, faults);
      await retryWhileUnavailable(() => this.#backend.append([event]), new AbortController().signal);
      history.record(`${caseId} ${n} is acknowledged`);
      history.acknowledged.add(event.event_id);
    }
    this.#appending--;
  }

  #pause(ms: number): Promise<void> {
    const { time } = this.#context;
    return new Promise((resolve) => time.after(ms, this.#link.context.process, resolve));
  }
}
