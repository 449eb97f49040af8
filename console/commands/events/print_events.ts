/** Lines of the store as lines of text, as fast as they are read. @module */
import type { Backend } from "../../../backends/backend.ts";
import { actedBy } from "../../store/identity.ts";
import { STORE_TRAIL } from "../../../backends/dead_letters.ts";
import { inRange, lineOf, readLinesOf, type ReplayRange } from "../../../backends/event_store.ts";
import { aborted, delayOrAbort } from "../../../backends/primitives/concurrency.ts";
import { retryWhileUnavailable } from "../../../backends/primitives/retry.ts";
import { EventTail } from "../../../simulators/citizen/event_tail.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { csvHeader, shownLines } from "./event_lines.ts";
import { formatBatches } from "./line_formatter.ts";
import type { ReadEventsValues, TailEventsValues } from "./options.ts";

/** Prints what is stored, batch by batch: nothing is read on before the batch is written. */
export async function printRead(
  backend: Backend,
  values: ReadEventsValues,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  await recordReading(backend, values);
  const print = printer(values, output, signal);
  const format = { output: values.output, personal: values.personal };
  const lines = limited(selectedLines(backend, values), values.limit ?? Infinity);
  for await (const text of formatBatches(lines, format)) {
    if (!await print(text)) return;
  }
}

const POLL_INTERVAL_MS = 250;
const TAIL_LINES = 500;

/** Prints events as they are stored, until the signal aborts; an outage of the store is waited out. */
export async function printTail(
  backend: Backend,
  values: TailEventsValues,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  // Before anything is awaited: what is stored meanwhile is part of it.
  const range = rangeOf(startOf(values));
  await recordReading(backend, values);
  const print = printer(values, output, signal);
  const tail = new EventTail({
    read: (fromPosition) => backend.readAll({ ...range, fromPosition }),
    real: () => performance.now(),
    from: values["from-position"] ?? 1,
  });
  while (!signal.aborted) {
    await retryWhileUnavailable(() => printUnseen(tail, values, print), signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    await delayOrAbort(POLL_INTERVAL_MS, signal);
  }
}

async function printUnseen(
  tail: EventTail,
  { case: caseId, ...format }: TailEventsValues,
  print: Print,
): Promise<void> {
  let lines: string[] = [];
  for await (const stored of tail.unseenEvents()) {
    if (caseId !== undefined && stored.event.correlation_id !== caseId) continue;
    if (lines.push(lineOf(stored)) < TAIL_LINES) continue;
    if (!await print(shownLines(lines, format))) return;
    lines = [];
  }
  if (lines.length > 0) await print(shownLines(lines, format));
}

/** Without a beginning: the moment at which it is asked for. */
function startOf(values: TailEventsValues): TailEventsValues {
  return values["from-position"] === undefined && values.from === undefined
    ? { ...values, from: new Date().toISOString() }
    : values;
}

type Bounds = Partial<Pick<ReadEventsValues, "type" | "from" | "to" | "from-position" | "to-position">>;

function rangeOf({ type, from, to, "from-position": first, "to-position": last }: Bounds): ReplayRange {
  return {
    ...(type === undefined ? {} : { types: type }),
    ...(from === undefined ? {} : { fromTime: from }),
    ...(to === undefined ? {} : { toTime: to }),
    ...(first === undefined ? {} : { fromPosition: first }),
    ...(last === undefined ? {} : { toPosition: last }),
  };
}

/** The lines asked for: of one case by its history, of all by position. */
async function* selectedLines(backend: Backend, values: ReadEventsValues): AsyncGenerator<readonly string[]> {
  const range = rangeOf(values);
  if (values.case === undefined) return yield* readLinesOf(backend, range);
  const isWanted = inRange(range);
  let version = 0;
  for await (const stored of backend.readCase(values.case)) {
    version = stored.version;
    if (isWanted({ ...stored, type: stored.event.event_type })) yield [lineOf(stored)];
  }
  if (version === 0) throw new CommandError(exitCodes.notFound, `There is no case ${values.case}`);
}

async function* limited(batches: AsyncIterable<readonly string[]>, limit: number) {
  let left = limit;
  for await (const lines of batches) {
    yield lines.length <= left ? lines : lines.slice(0, left);
    left -= lines.length;
    if (left <= 0) return;
  }
}

/** Prints whole lines; false when it was stopped meanwhile. */
type Print = (text: string | Uint8Array) => Promise<boolean>;

function printer(values: ReadEventsValues | TailEventsValues, output: Output, signal: AbortSignal): Print {
  const write = output.write ?? byLines(output);
  const stopped = aborted(signal);
  let header = values.output === "csv" ? `${csvHeader}\n` : "";
  return async (text) => {
    if (header !== "") await write(header);
    header = "";
    // A reader that takes nothing holds the write up, and must not hold up the end.
    await Promise.race([write(text), stopped]);
    return !signal.aborted;
  };
}

/** Where there is no stream, as in a test. */
function byLines({ out }: Output): NonNullable<Output["write"]> {
  const decoder = new TextDecoder();
  return (text) => {
    out((typeof text === "string" ? text : decoder.decode(text)).slice(0, -1));
    return Promise.resolve();
  };
}

/** Whether somebody may read personal data is checked before; that it was read is kept before the first line of it. */
async function recordReading(backend: Backend, values: ReadEventsValues | TailEventsValues): Promise<void> {
  if (!values.personal) return;
  await backend.record({
    act: "read_personal",
    by: await actedBy(backend, values, "cases.open_personal"),
    why: values.reason!,
    caseId: values.case ?? STORE_TRAIL,
  });
}
