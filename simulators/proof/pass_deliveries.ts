/** What each processor handled in a pass, read from its lines and its outputs. Pure. @module */
import { positionOf } from "../../backends/mailbox/batch.ts";
import type { PassMove } from "../../backends/mailbox/pass.ts";

/** A delivery line or an output line. */
interface HandledLines {
  /** Delivery lines, in order. */
  readonly lines: readonly string[];
  /** Output lines that the pass itself made. */
  readonly made: readonly string[];
}

/** In a delivery line and in an output line: the field of the event's type. */
const LINE_TYPE = 6;
const OUTPUT_TYPE = 3;

/** The part of a pass that one processor handled, which takes these types. */
export function handledBy(
  { from, to, isChained }: PassMove,
  types: readonly string[],
  { lines, made }: HandledLines,
): HandledLines {
  const takes = (line: string, field: number) => types.includes(line.split("\t", field + 1)[field]!);
  return {
    lines: lines.filter((line) => {
      const position = positionOf(line);
      return position > from && position <= to && takes(line, LINE_TYPE);
    }),
    made: isChained ? made.filter((line) => takes(line, OUTPUT_TYPE)) : [],
  };
}
