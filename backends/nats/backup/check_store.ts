/** Whether a restored store is whole: what the log promises, counted anew from its records. @module */
import { BackupError } from "../../backup/errors.ts";
import type { Backend } from "../../backend.ts";
import { requireWholeChain } from "../../chain/verify.ts";

/** What a restored store holds. */
export interface StoreCheck {
  readonly events: number;
  readonly cases: number;
  readonly last_position: number;
  /** Every event's. */
  readonly ids: ReadonlySet<string>;
}

/** Reads every event: the versions of a case follow on each other, and no id is there twice. Throws BackupError otherwise. */
export async function checkStore(backend: Backend): Promise<StoreCheck> {
  const versions = new Map<string, number>();
  const ids = new Set<string>();
  let [events, lastPosition] = [0, 0];
  for await (const { position, version, event } of backend.readAll()) {
    const { correlation_id: caseId, event_id: id } = event;
    if (version !== (versions.get(caseId) ?? 0) + 1 || ids.has(id)) {
      throw new BackupError(
        "damaged",
        `The restored store is not whole: position ${position} does not follow`,
      );
    }
    versions.set(caseId, version);
    ids.add(id);
    [events, lastPosition] = [events + 1, position];
  }
  if (backend.chain !== undefined) await requireWholeChain(backend.chain, backend.partitions);
  return { events, cases: versions.size, last_position: lastPosition, ids };
}
