/** A store of the index in memory, that fails, loses its last messages and counts as a test wants. @module */
import { BackendUnavailable } from "../../../backends/errors.ts";
import {
  type IndexStore,
  ManifestConflict,
  type RunPart,
  type StoredManifest,
} from "../../../backends/nats/index/store/index_store.ts";

interface Message {
  readonly sequence: number;
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** A copy of what is stored, to go back to. */
export type StoredCopy = readonly Message[];

export class MemoryIndexStore implements IndexStore {
  /** By sequence. */
  #messages = new Map<number, Message>();
  #manifest = 0;
  #last = 0;
  /** Blocks read. */
  reads = 0;
  /** Writes that are done before one fails; each write counts. */
  failAfter = Infinity;
  /** Whether a write that fails is done all the same, and only its answer is lost. */
  losesAnswer = false;

  readManifest(): Promise<StoredManifest | undefined> {
    const found = this.#messages.get(this.#manifest);
    return Promise.resolve(
      found && { sequence: found.sequence, text: new TextDecoder().decode(found.bytes) },
    );
  }

  replaceManifest(text: string, expected: number): Promise<number> {
    if (this.#manifest !== expected) {
      const found = `The manifest's sequence is ${this.#manifest}, not ${expected}`;
      return Promise.reject(new ManifestConflict(found));
    }
    return this.#write("manifest", new TextEncoder().encode(text), () => {
      this.#messages.delete(this.#manifest);
      this.#manifest = this.#last + 1;
    });
  }

  putBlock(part: RunPart, run: string, bytes: Uint8Array): Promise<number> {
    return this.#write(`${part}.${run}`, bytes.slice());
  }

  getBlock(part: RunPart, run: string, sequence: number): Promise<Uint8Array | undefined> {
    this.reads++;
    const found = this.#messages.get(sequence);
    return Promise.resolve(found?.subject === `${part}.${run}` ? found.bytes : undefined);
  }

  listRuns(): Promise<readonly string[]> {
    return Promise.resolve([...new Set([...this.#messages.values()].map(runOf).filter((run) => run !== ""))]);
  }

  purgeRuns(runs: readonly string[]): Promise<void> {
    const gone = [...this.#messages.values()].filter((message) => runs.includes(runOf(message)));
    for (const { sequence } of gone) this.#messages.delete(sequence);
    return Promise.resolve();
  }

  get bytes(): number {
    return [...this.#messages.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** The size of the largest message. */
  get largest(): number {
    return Math.max(...[...this.#messages.values()].map(({ bytes }) => bytes.length));
  }

  /** Everything that is stored now. */
  copy(): StoredCopy {
    return [...this.#messages.values()];
  }

  /** Goes back to a copy, as after a power failure: sequences come again. */
  restore(copy: StoredCopy): void {
    this.#messages = new Map(copy.map((message) => [message.sequence, message]));
    this.#manifest = copy.find(({ subject }) => subject === "manifest")?.sequence ?? 0;
    this.#last = Math.max(0, ...this.#messages.keys());
  }

  #write(subject: string, bytes: Uint8Array, before = () => {}): Promise<number> {
    const fails = --this.failAfter < 0;
    if (fails && !this.losesAnswer) return Promise.reject(new BackendUnavailable("The store is away"));
    before();
    this.#messages.set(++this.#last, { sequence: this.#last, subject, bytes });
    return fails ? Promise.reject(new BackendUnavailable("No answer")) : Promise.resolve(this.#last);
  }
}

function runOf({ subject }: Message): string {
  return subject.split(".")[1] ?? "";
}
