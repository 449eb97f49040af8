/** The registry of event kinds: every (type, version) pair ever stored, a message each. @module */
import { type Subjects, typeToken } from "../../../schema/nats.ts";
import type { EventKind } from "../../../schema/evolution.ts";
import type { Write } from "../stream/atomic_publish.ts";
import type { NatsClient } from "../connection/client.ts";
import { readAllOf, type StreamMessage } from "../stream/direct_get.ts";
import type { PendingEvent } from "../stream/message.ts";

/** The kinds that are known to be registered. */
export class EventKindRegistry {
  readonly #registered = new Set<string>();

  constructor(readonly subjects: Subjects) {}

  /** The registrations to be written in the same batch as these events, so that no event is stored without its kind. */
  missingWrites(drafts: readonly PendingEvent[]): Write[] {
    const writes = new Map<string, Write>();
    for (const { type, schemaVersion } of drafts) {
      const subject = this.subjects.kind(type, schemaVersion);
      if (this.#registered.has(subject) || writes.has(subject)) continue;
      writes.set(subject, {
        subject,
        payload: JSON.stringify({ type, version: schemaVersion }),
        rollup: true,
      });
    }
    return [...writes.values()];
  }

  markRegistered(writes: readonly Write[]): void {
    for (const { subject } of writes) this.#registered.add(subject);
  }

  async read(client: NatsClient, stream: string): Promise<EventKind[]> {
    const found = await readAllOf(client, stream, this.subjects.kinds());
    const kinds = found.map(kindOf).filter((kind) => kind !== undefined);
    for (const { type, version } of kinds) this.#registered.add(this.subjects.kind(type, version));
    return kinds.sort((a, b) => typeToken(a.type).localeCompare(typeToken(b.type)) || a.version - b.version);
  }
}

/** The kind that a message registers; undefined for one that other hands wrote. */
function kindOf({ payload }: StreamMessage): EventKind | undefined {
  try {
    const { type, version } = JSON.parse(payload);
    return typeof type === "string" && Number.isInteger(version) ? { type, version } : undefined;
  } catch {
    return undefined;
  }
}
