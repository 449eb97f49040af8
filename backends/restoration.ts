/** That a store came from a backup, or was a mirror: whatever sends events out of it has sent some of them already, and waits for a person. @module */
import type { OperatorAction } from "./dead_letters.ts";

/** From where a restored store came. */
export interface Restoration {
  /** The name of the backup; undefined for a mirror that was promoted. */
  readonly backup?: string;
  /** The place, by its JetStream domain, of which it was a mirror. */
  readonly mirrorOf?: string;
  /** The moment that was restored, as an ISO time. */
  readonly moment: string;
  /** How often the store was restored or promoted, and one: what was written before lies on an earlier timeline. */
  readonly timeline: number;
  readonly restoredAt: string;
}

/** The mark of a restored store. */
export interface RestorationMark {
  /** Undefined for a store that was never restored, or whose restoration was accepted: then events may leave it. */
  restoredFrom(): Promise<Restoration | undefined>;
  /** A person accepts it: what was paused goes on. False where there is nothing to accept. */
  acceptRestoration(act: OperatorAction): Promise<boolean>;
}

/** The case under which the trail has who accepted it. */
export const RESTORATION_TRAIL = "restoration";

/** From where a store came, in words. */
export function originOf({ backup, mirrorOf, moment, timeline }: Restoration): string {
  const origin = mirrorOf === undefined
    ? `restored from the backup ${backup}`
    : `promoted from a mirror of ${mirrorOf}`;
  return `${origin}, as it was at ${moment} (timeline ${timeline})`;
}

/** What a person is told of it, in a line. */
export function describeRestoration(restoration: Restoration): string {
  return `the store was ${originOf(restoration)}: what leaves it waits until backup accept`;
}
