/** `publish`: stores events from a file or standard input. @module */
import type { Backend } from "../../../backends/backend.ts";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { readInput } from "../../../schema/input.ts";
import { flag, wholeNumber } from "../../../schema/settings.ts";
import { openBackend } from "../../store/open_backend.ts";
import { backendOptions, jsonOption } from "../../store/options.ts";
import { command, type Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { jsonRecords, type TextRecord } from "./json_records.ts";
import type { Parsed, Values } from "../../cli/options.ts";
import { formatRounded, ProgressMeter } from "../../cli/terminal.ts";

const publishOptions = {
  ...backendOptions,
  strict: { schema: flag, help: "refuse a BSN that fails the eleven-test, which is otherwise marked" },
  batch: {
    schema: wholeNumber(1, 10_000).default(1_000),
    value: "N",
    help: "events stored together; default 1000",
  },
  "dry-run": { schema: flag, help: "only validate" },
  json: jsonOption,
} as const;

type PublishValues = Values<typeof publishOptions>;

export const publish = command({
  name: "publish",
  summary: "Stores events from a file, or from standard input (-)",
  arguments: "FILE|-",
  options: publishOptions,
  notes: [
    "Takes one JSON value (an event, or an array of them) or NDJSON (an event a line). An event is the envelope of",
    "event_type and data, or the bare data of an intake. A batch is stored whole or not at all: a line that is",
    "refused is named by its number, with the rule it breaks, and ends the command with exit code 3.",
    "An event_id that is stored already is skipped, so a file may be published again.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof publishOptions>, output) {
    const [file, ...more] = positional;
    if (file === undefined || more.length > 0) {
      throw new UsageError("publish takes one FILE, or - for standard input");
    }
    const batches = eventBatches(openInput(file), values);
    if (values["dry-run"]) return await validate(batches, values, output);
    const opened = await openBackend(values, { role: "client" });
    try {
      return await store(opened.backend, batches, values, output);
    } finally {
      await opened.close();
    }
  },
});

/** The bytes of a file or of standard input. */
async function* openInput(file: string): AsyncGenerator<Uint8Array> {
  if (file === "-") return yield* Deno.stdin.readable;
  let opened: Deno.FsFile;
  try {
    if ((await Deno.stat(file)).isDirectory) {
      throw new CommandError(exitCodes.usage, `Cannot read ${file}: it is a directory`);
    }
    opened = await Deno.open(file);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = error instanceof Deno.errors.NotFound ? "there is no such file" : "it can't be opened";
    throw new CommandError(exitCodes.usage, `Cannot read ${file}: ${reason}`);
  }
  yield* opened.readable;
}

/** Valid events in batches. Every bad line of a batch is collected before the batch is refused. */
async function* eventBatches(
  bytes: AsyncIterable<Uint8Array>,
  values: PublishValues,
): AsyncGenerator<WireEvent[]> {
  let batch: WireEvent[] = [];
  let refusals: string[] = [];
  let read = 0;
  for await (const record of jsonRecords(bytes)) {
    const event = readRecord(record, values.strict);
    if (typeof event === "string") refusals.push(event);
    else batch.push(event);
    if (++read % values.batch !== 0) continue;
    refuse(refusals);
    yield batch;
    batch = [];
    refusals = [];
  }
  refuse(refusals);
  if (batch.length > 0) yield batch;
}

/** The event, or why it is refused. */
function readRecord({ line, value, problem }: TextRecord, strict: boolean): WireEvent | string {
  if (problem !== undefined) return `line ${line}: ${problem}`;
  try {
    return readInput(value, { strict, source: "publish" });
  } catch (error) {
    if (error instanceof InvalidEvent) return `line ${line}: ${error.problems.join("; ")}`;
    throw error;
  }
}

const MAX_REFUSALS_SHOWN = 20;

function refuse(refusals: readonly string[]): void {
  if (refusals.length === 0) return;
  const more = refusals.length > MAX_REFUSALS_SHOWN
    ? `\n… and ${refusals.length - MAX_REFUSALS_SHOWN} more`
    : "";
  const lines = refusals.length === 1 ? "1 event is" : `${refusals.length} events are`;
  throw new CommandError(
    exitCodes.input,
    `Nothing of this batch is stored, ${lines} not valid:\n${
      refusals.slice(0, MAX_REFUSALS_SHOWN).join("\n")
    }${more}`,
  );
}

async function validate(
  batches: AsyncIterable<WireEvent[]>,
  { json }: PublishValues,
  { out }: Output,
): Promise<number> {
  let valid = 0;
  for await (const batch of batches) valid += batch.length;
  out(json ? JSON.stringify({ valid }) : `${formatRounded(valid)} events are valid`);
  return exitCodes.ok;
}

async function store(
  backend: Backend,
  batches: AsyncIterable<WireEvent[]>,
  { json }: PublishValues,
  output: Output,
): Promise<number> {
  const progress = json ? undefined : new ProgressMeter(output, "events");
  const total = { stored: 0, duplicates: 0 };
  try {
    for await (const batch of batches) {
      const { stored, duplicates } = await backend.append(batch);
      total.stored += stored;
      total.duplicates += duplicates;
      progress?.show(total.stored + total.duplicates);
    }
  } catch (error) {
    // What is stored stays stored: whoever mends the rest must know it.
    if (total.stored + total.duplicates > 0) printTotal(total, json, output);
    throw error;
  } finally {
    progress?.end();
  }
  printTotal(total, json, output);
  return exitCodes.ok;
}

function printTotal(total: { stored: number; duplicates: number }, json: boolean, { out }: Output): void {
  const { stored, duplicates } = total;
  const known = duplicates === 0 ? "" : `, ${formatRounded(duplicates)} were stored before`;
  out(
    json
      ? JSON.stringify(total)
      : `${formatRounded(stored)} ${stored === 1 ? "event" : "events"} stored${known}`,
  );
}
