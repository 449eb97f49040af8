/** Who may store what: the grants that a store holds, and who a caller is to it. @module */
import type { WireEvent } from "../schema/events.ts";
import {
  admitted,
  type GrantChange,
  grantFault,
  type Grants,
  type Producer,
  type ProducerGrants,
} from "../schema/authority/grants.ts";
import { isReserved, SIMULATOR } from "../schema/authority/names.ts";
import { NotAllowed } from "./errors.ts";

/** The producers that a store knows. */
export interface Producers {
  /** Who the server takes this program for. */
  self(): Promise<Producer>;
  /** By name. */
  list(): Promise<readonly ProducerGrants[]>;
  /** Grants or denies, with an entry of the audit trail. */
  change(name: string, change: GrantChange, act: { by: string; why: string }): Promise<ProducerGrants>;
  /** Forgets what was granted and denied; false when there was nothing. */
  forget(name: string, act: { by: string; why: string }): Promise<boolean>;
}

/** The case under which the trail keeps what concerns producers. */
export const PRODUCERS_TRAIL = "producers";

/** Grants by name. */
export function grantsOf(list: readonly ProducerGrants[]): Grants {
  return new Map(list.map((each) => [each.name, each]));
}

/**
 * Who speaks for an append: the caller, or one in whose name it may speak. That one is judged by its own grants: a caller's are not
 * passed on. Throws NotAllowed.
 */
export function speakerFor(self: Producer, by: string | undefined, grants: Grants): Producer {
  if (by === undefined || by === self.name) return self;
  const isSimulator = by === SIMULATOR && self.isOwner;
  if (!isSimulator && (isReserved(by) || !mayActForOthers(self, grants))) {
    throw new NotAllowed(`${self.name} may not speak for ${by}`);
  }
  return { name: by, isOwner: false };
}

/** True for whoever may act under the name of somebody else. */
function mayActForOthers(self: Producer, grants: Grants): boolean {
  return self.isOwner || (grants.get(self.name)?.onBehalfOf ?? false);
}

/** The events as they may be stored. Throws NotAllowed when one of them may not. */
export function admitAll(events: readonly WireEvent[], speaker: Producer, grants: Grants): WireEvent[] {
  return events.map((event) => {
    const fault = grantFault(speaker, event.event_type, grants);
    if (fault !== undefined) throw new NotAllowed(fault);
    return admitted(event, speaker, grants);
  });
}
