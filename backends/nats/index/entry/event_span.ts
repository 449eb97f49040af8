/** Consecutive events of a case: which records hold them, and a fingerprint of the id of each. Immutable. @module */

/** Events of the versions from `from` on, one a fingerprint. */
export interface EventSpan {
  readonly from: number;
  /** The sequences of the records that hold them, and how many each of these holds. */
  readonly sequences: readonly number[];
  readonly counts: readonly number[];
  readonly fingerprints: readonly number[];
}

/** The index contradicts itself, or what it refers to is gone: it is made anew from the log. */
export class IndexDamaged extends Error {
  override name = "IndexDamaged";
}

/** The first version behind a span. */
export function endOf({ from, fingerprints }: EventSpan): number {
  return from + fingerprints.length;
}

/** Both spans as one. Where they overlap they hold the same facts. Throws IndexDamaged when versions between them are missing. */
export function joinSpans(one: EventSpan | undefined, other: EventSpan | undefined): EventSpan | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const [first, second] = one.from <= other.from ? [one, other] : [other, one];
  const end = endOf(first);
  if (second.from > end) {
    throw new IndexDamaged(`The index lacks versions ${end} to ${second.from - 1} of a case`);
  }
  const rest = sliceSpan(second, end, endOf(second));
  return rest === undefined ? first : concatenateSpans([first, rest]);
}

/** Spans that follow each other as one. Throws IndexDamaged when versions are missing between them. */
export function concatenateSpans(spans: readonly (EventSpan | undefined)[]): EventSpan | undefined {
  const [first] = spans;
  if (first === undefined) return undefined;
  const all = { sequences: [] as number[], counts: [] as number[], fingerprints: [] as number[] };
  for (const span of spans) {
    const next = first.from + all.fingerprints.length;
    if (span?.from !== next) throw new IndexDamaged(`The index lacks version ${next} of a case`);
    for (const fingerprint of span.fingerprints) all.fingerprints.push(fingerprint);
    addRecords(all, span);
  }
  return { from: first.from, ...all };
}

/** Adds the records of the next span. Its first one may be the last one of the span before. */
function addRecords(all: { sequences: number[]; counts: number[] }, { sequences, counts }: EventSpan): void {
  for (const [i, sequence] of sequences.entries()) {
    if (sequence === all.sequences.at(-1)) all.counts[all.counts.length - 1]! += counts[i]!;
    else {
      all.sequences.push(sequence);
      all.counts.push(counts[i]!);
    }
  }
}

/** The versions from `start` to before `end`; undefined when there are none. */
export function sliceSpan(span: EventSpan, start: number, end: number): EventSpan | undefined {
  if (start <= span.from && end >= endOf(span)) return span;
  const from = Math.max(start, span.from);
  const to = Math.min(end, endOf(span));
  if (from >= to) return undefined;
  const [sequences, counts] = [[] as number[], [] as number[]];
  let version = span.from;
  for (const [i, count] of span.counts.entries()) {
    const inside = Math.min(to, version + count) - Math.max(from, version);
    if (inside > 0) {
      sequences.push(span.sequences[i]!);
      counts.push(inside);
    }
    version += count;
  }
  return { from, sequences, counts, fingerprints: span.fingerprints.slice(from - span.from, to - span.from) };
}

/** The sequence of the record that holds a version of the span. */
export function sequenceOf(span: EventSpan, version: number): number {
  let before = version - span.from;
  for (const [i, count] of span.counts.entries()) {
    if (before < count) return span.sequences[i]!;
    before -= count;
  }
  throw new RangeError(`The index has no version ${version} of this case`);
}
