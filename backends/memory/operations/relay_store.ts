/** Records of relays in memory. @module */
import type { RelayEntry, RelayRecord, RelayStore } from "../../relay/relay_store.ts";

export class MemoryRelayStore implements RelayStore {
  readonly #entries = new Map<string, RelayEntry>();
  #revision = 0;

  list(): Promise<readonly RelayEntry[]> {
    return Promise.resolve([...this.#entries.values()].sort((a, b) => a.name < b.name ? -1 : 1));
  }

  read(name: string): Promise<RelayEntry | undefined> {
    return Promise.resolve(this.#entries.get(name));
  }

  write(name: string, record: RelayRecord | null, revision: number): Promise<number | undefined> {
    if ((this.#entries.get(name)?.revision ?? 0) !== revision) return Promise.resolve(undefined);
    const next = ++this.#revision;
    if (record === null) this.#entries.delete(name);
    else this.#entries.set(name, { name, record, revision: next });
    return Promise.resolve(next);
  }
}
