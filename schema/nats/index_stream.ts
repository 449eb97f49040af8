/** The stream of the index of a store, and its subjects. What is stored in it can be made anew from the log. @module */
import { type StoreShape, storeStream, type StreamSettings } from "../nats.ts";

/** Sorted blocks of entries, filters, and for each partition a manifest that says which of them count. */
export function indexStream(shape: StoreShape): StreamSettings {
  return {
    ...storeStream(shape),
    name: indexName(shape.stream),
    subjects: [new IndexSubjects(shape.prefix).all],
    // The entries are hashes and fingerprints, and those of time and sequence are packed already.
    compression: "none",
    allow_atomic: false,
    allow_msg_ttl: false,
    // A new manifest replaces the one before it.
    allow_rollup_hdrs: true,
    // Runs that were merged are purged, by their subjects.
    deny_purge: false,
    metadata: {},
  };
}

export function indexName(stream: string): string {
  return `${stream}_index`;
}

/** The subjects of the index of a store. */
export class IndexSubjects {
  readonly #root: string;

  constructor(prefix: string) {
    this.#root = `${prefix}-index`;
  }

  get all(): string {
    return `${this.#root}.>`;
  }
  /** The seed of the hashes that all partitions have. */
  seed(): string {
    return `${this.#root}.seed`;
  }
  /** A durable copy of where the fan-out is. */
  fanOut(): string {
    return `${this.#root}.fan-out`;
  }
  manifest(partition: number | "*"): string {
    return `${this.#root}.manifest.${partition}`;
  }
  /** The blocks of a run, or the parts of its filter. */
  run(part: "run" | "bloom", partition: number, run: string): string {
    return `${this.#root}.${part}.${partition}.${run}`;
  }
  /** Everything of one run, or of all runs of a partition. */
  runs(partition: number, run = "*"): string {
    return `${this.#root}.*.${partition}.${run}`;
  }
}
