/** Metrics of Prometheus that are read at a scrape, from what is counted elsewhere. @module */
import { Counter, Gauge, type Registry } from "prom-client";

export type Samples<L extends string> = Iterable<readonly [labels: Record<L, string>, value: number]>;

interface Definition<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  readonly read: () => Samples<L>;
}

/** Added to the meaning of what is the same at every node of a store. */
export const OF_THE_STORE = " (of the store: take max over its nodes, not sum)";

export function counter<L extends string>(
  registry: Registry,
  { name, help, labels, read }: Definition<L>,
): void {
  new Counter<L>({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [values, value] of read()) this.inc(values, value);
    },
  });
}

export function gauge<L extends string>(
  registry: Registry,
  { name, help, labels, read }: Definition<L>,
): void {
  new Gauge<L>({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [values, value] of read()) this.set(values, value);
    },
  });
}
