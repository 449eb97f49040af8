/** Who runs a relay: the record names one owner, who shows by writing it that he is alive. @module */
import type { RelayEntry, RelayRecord, RelayStore } from "../../backends/relay/relay_store.ts";
import { takenOver } from "./relay_state.ts";

/** How long a record may stay unwritten before another one takes it over. */
const CLAIM_MS = 5_000;

export class RelayClaim {
  readonly #store: RelayStore;
  readonly #name: string;
  readonly #owner: string;
  #entry: RelayEntry | undefined;
  /** The revision of another owner, and since when it is seen. */
  #seen: { readonly revision: number; readonly since: number } | undefined;
  #writtenAt = -Infinity;

  constructor(store: RelayStore, name: string, owner: string) {
    this.#store = store;
    this.#name = name;
    this.#owner = owner;
  }

  /** The record, while it is ours. */
  get record(): RelayRecord | undefined {
    return this.#entry?.record;
  }

  /** True when it was written so long ago that others would soon take it over. */
  get isDue(): boolean {
    return performance.now() - this.#writtenAt > CLAIM_MS / 4;
  }

  /** Makes it ours, where it is nobody's or its owner is gone. `first` is written where there is none. */
  async acquire(first: () => RelayRecord): Promise<boolean> {
    if (this.#entry !== undefined) return true;
    const found = await this.#store.read(this.#name);
    if (found !== undefined && !this.#isFree(found)) return false;
    const record = takenOver(found?.record ?? first(), this.#owner);
    return await this.#write(record, found?.revision ?? 0);
  }

  #isFree({ record: { owner }, revision }: RelayEntry): boolean {
    if (owner === null || owner === this.#owner) return true;
    const now = performance.now();
    if (this.#seen?.revision !== revision) this.#seen = { revision, since: now };
    return now - this.#seen.since >= CLAIM_MS;
  }

  /** Writes a change of the record, on top of what others changed in it. False where it is ours no more. */
  async save(change: (record: RelayRecord) => RelayRecord): Promise<boolean> {
    while (this.#entry !== undefined) {
      const { record, revision } = this.#entry;
      if (await this.#write(change(record), revision)) return true;
      const fresh = await this.#store.read(this.#name);
      this.#entry = fresh?.record.epoch === record.epoch ? fresh : undefined;
    }
    return false;
  }

  /** Gives it back, so that others need not wait. */
  async release(): Promise<void> {
    await this.save((record) => ({ ...record, owner: null }));
    this.#entry = undefined;
  }

  async #write(changed: RelayRecord, revision: number): Promise<boolean> {
    const record = { ...changed, at: new Date().toISOString() };
    const next = await this.#store.write(this.#name, record, revision);
    if (next === undefined) return false;
    this.#entry = { name: this.#name, record, revision: next };
    this.#writtenAt = performance.now();
    return true;
  }
}
