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
import { InvalidEvent } from "../schema/codec.ts";
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
  /** A line in the trail, and in what is counted, about what `by`, or else the caller, might not send. */
  recordRefusal(why: string, by?: string): Promise<void>;
}

/** The act of the trail for what was not allowed. */
export const REFUSED = "refused";

/**
 * Reads what comes in at a door. What only the runtime sends is refused like anything else that its sender may not send: throws
 * NotAllowed for it, with a line in the trail.
 */
export async function readFromOutside<T>(
  read: () => T,
  open: () => Promise<{ readonly producers: Pick<Producers, "recordRefusal"> }>,
  by?: string,
): Promise<T> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidEvent) || error.refusalClass !== "not_allowed") throw error;
    const refusal = new NotAllowed(error.problems.join("; "));
    await (await open()).producers.recordRefusal(refusal.message, by);
    throw refusal;
  }
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

/** Only who owns the store forwards what was made in it. Throws NotAllowed. */
export function requireOwner({ name, isOwner }: Producer): void {
  if (!isOwner) throw new NotAllowed(`${name} may not forward what the runtime made`);
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
