/** An event on its way through a pass, and where in it a delivery is, as one number that a worker can show while it runs. @module */
import { type Delivery, parseRow } from "../../schema/delivery_line.ts";
import type { WireEvent } from "../../schema/events.ts";
import { withMoment } from "../../schema/time/moment.ts";

interface PassPlace {
  /** The index of the line that was taken last. */
  readonly line: number;
  /** The index of the processor that it is handed to. */
  readonly member: number;
  /** Not the line itself is handed over, but something that the pass made of its case. */
  readonly isChained: boolean;
}

/** No delivery is under way. */
export const NO_PLACE = -1;

export function writePlace({ line, member, isChained }: PassPlace, members: number): number {
  return (line * members + member) * 2 + (isChained ? 1 : 0);
}

/** Undefined where no delivery was under way. */
export function readPlace(place: number, members: number): PassPlace | undefined {
  if (place < 0) return undefined;
  const step = Math.floor(place / 2);
  return { line: Math.floor(step / members), member: step % members, isChained: place % 2 === 1 };
}

/** A line, or what the pass itself made. */
export interface Step {
  readonly caseId: string;
  readonly type: string;
  readonly version: number;
  readonly recordedAt: number;
  /** Undefined for what the pass itself made. */
  readonly position: number | undefined;
  wire(): WireEvent;
}

export type StepPlace = Pick<Step, "type" | "position">;

/** A line of the pass. */
export function stepOf({ event, version, recordedAt, position }: Delivery): Step {
  const { correlation_id: caseId, event_type: type } = event;
  return { caseId, type, version, recordedAt, position, wire: () => withMoment(event, recordedAt) };
}

/** What was made, as it would be read from the store. */
export function wireOf(row: string, caseId: string): WireEvent {
  const { event } = parseRow(row);
  return { ...event, correlation_id: caseId, metadata: Object.freeze(event.metadata) };
}
