/** Views of partitions, kept once they are opened and brought up to date when they are asked for. @module */
import { OwnershipLost } from "./record_writer.ts";
import type { PartitionWriter } from "./partition_writer.ts";

interface PartitionViewsOptions {
  readonly partitions: number;
  /** The writer of a partition that this node owns. */
  ownerOf(partition: number): PartitionWriter | undefined;
  /** A writer that does not own its partition. */
  open(partition: number): Promise<PartitionWriter>;
}

export class PartitionViews {
  readonly #options: PartitionViewsOptions;
  readonly #opened = new Map<number, Promise<PartitionWriter>>();

  constructor(options: PartitionViewsOptions) {
    this.#options = options;
  }

  get partitions(): number {
    return this.#options.partitions;
  }

  /** The partition with all that was written by the time of the call. Throws BackendUnavailable. */
  async view(partition: number): Promise<PartitionWriter> {
    const owner = this.#options.ownerOf(partition);
    if (owner !== undefined && await isCurrent(owner)) return owner;
    const view = await this.#open(partition);
    await view.readOn();
    return view;
  }

  /** What is not opened is tried again by the next call. */
  #open(partition: number): Promise<PartitionWriter> {
    const known = this.#opened.get(partition);
    if (known !== undefined) return known;
    const opening = this.#options.open(partition);
    this.#opened.set(partition, opening);
    opening.catch(() => this.#opened.delete(partition));
    return opening;
  }
}

/** Reads on; false when that shows another owner. */
async function isCurrent(owner: PartitionWriter): Promise<boolean> {
  try {
    await owner.readOn();
    return true;
  } catch (error) {
    if (error instanceof OwnershipLost) return false;
    throw error;
  }
}
