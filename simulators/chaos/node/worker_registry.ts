/** The workers of a process, so that chaos can give them orders. @module */

/** Orders reach a worker through the object that the supervisor made; all that are made are kept until they are ended. */
export function trackWorkers(): { workers: Worker[]; restore: () => void } {
  const workers: Worker[] = [];
  const OriginalWorker = globalThis.Worker;
  globalThis.Worker = class extends OriginalWorker {
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
  return { workers, restore: () => void (globalThis.Worker = OriginalWorker) };
}
