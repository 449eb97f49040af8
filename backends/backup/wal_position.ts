/** Places in PostgreSQL's write-ahead log, and the names of the files that hold them. @module */

/** A place in the log, counted in bytes. */
export type Lsn = bigint;

/** Reads `16/B374D848`. */
export function parseLsn(text: string): Lsn {
  const found = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text);
  if (found === null) throw new TypeError(`${text} is no place in a write-ahead log`);
  return BigInt(`0x${found[1]}`) << 32n | BigInt(`0x${found[2]}`);
}

/** Writes it as PostgreSQL does. */
export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xFFFF_FFFFn).toString(16)}`.toUpperCase();
}

/** The number of the file that holds a place. */
export function segmentOf(lsn: Lsn, segmentBytes: number): number {
  return Number(lsn / BigInt(segmentBytes));
}

/** The start of the file that holds a place: from there on it is written. */
export function startOfSegment(lsn: Lsn, segmentBytes: number): Lsn {
  return lsn - lsn % BigInt(segmentBytes);
}

/** The name of a file: timeline, and its number in two halves. */
export function segmentName(timeline: number, segment: number, segmentBytes: number): string {
  const half = 0x1_0000_0000 / segmentBytes;
  return [timeline, Math.floor(segment / half), segment % half]
    .map((part) => part.toString(16).toUpperCase().padStart(8, "0")).join("");
}

/** The timeline and number that a name has; undefined for another file. */
export function parseSegmentName(
  name: string,
  segmentBytes: number,
): { readonly timeline: number; readonly segment: number } | undefined {
  const found = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name);
  if (found === null) return undefined;
  const [timeline, high, low] = found.slice(1).map((part) => Number.parseInt(part, 16));
  return { timeline: timeline!, segment: high! * (0x1_0000_0000 / segmentBytes) + low! };
}
