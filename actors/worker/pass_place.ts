/** Where in a pass a delivery is, as one number that a worker can show while it runs. @module */

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
