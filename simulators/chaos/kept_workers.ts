/** The workers of a process, so that chaos can give them orders. @module */

/** Orders reach a worker through the object that the supervisor made; all that are made are kept until they are ended. */
export function keepWorkers(): { workers: Worker[]; giveBack: () => void } {
  const workers: Worker[] = [];
  const Original = globalThis.Worker;
  globalThis.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
    override terminate(): void {
      super.terminate();
      const place = workers.indexOf(this);
      if (place >= 0) workers.splice(place, 1);
    }
  };
  return { workers, giveBack: () => void (globalThis.Worker = Original) };
}
