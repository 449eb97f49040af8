/** The workers that a process has made, so that chaos can give them orders. @module */

/** Orders reach a worker through the object that the supervisor made; until it is given back, all that are made are kept. */
export function keepWorkers(): { workers: Worker[]; giveBack: () => void } {
  const workers: Worker[] = [];
  const Original = globalThis.Worker;
  globalThis.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
  };
  return { workers, giveBack: () => void (globalThis.Worker = Original) };
}
