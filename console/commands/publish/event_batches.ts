/** Reads events from a file or standard input, in batches that are valid as a whole. @module */
import type { EventNames } from "../../../schema/cloudevents/event_names.ts";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { readInput } from "../../../schema/input.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { jsonRecords, type TextRecord } from "./json_records.ts";

/** A file, or standard input, with how much of it has been read. */
export class EventInput {
  /** Its size in bytes; undefined for a pipe. */
  #size: number | undefined;
  #read = 0;
  readonly #file: string;

  /** `-` is standard input. */
  constructor(file: string) {
    this.#file = file;
  }

  /** The part of the file that has been read; undefined when its size is not known. */
  get fraction(): number | undefined {
    return this.#size ? this.#read / this.#size : undefined;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    const stream = this.#file === "-" ? Deno.stdin.readable : await this.#open();
    for await (const chunk of stream) {
      this.#read += chunk.length;
      yield chunk;
    }
  }

  /** @throws CommandError when it can't be read */
  async #open(): Promise<ReadableStream<Uint8Array>> {
    try {
      const { isDirectory, size } = await Deno.stat(this.#file);
      if (isDirectory) {
        throw new CommandError(exitCodes.usage, `Cannot read ${this.#file}: it is a directory`);
      }
      this.#size = size;
      return (await Deno.open(this.#file)).readable;
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const reason = error instanceof Deno.errors.NotFound ? "there is no such file" : "it can't be opened";
      throw new CommandError(exitCodes.usage, `Cannot read ${this.#file}: ${reason}`);
    }
  }
}

/** How events are read. */
interface BatchOptions {
  readonly batch: number;
  readonly strict: boolean;
  readonly names?: EventNames;
}

/** Valid events in batches. Every bad line of a batch is collected before the batch is refused. */
export async function* eventBatches(
  bytes: AsyncIterable<Uint8Array>,
  options: BatchOptions,
): AsyncGenerator<WireEvent[]> {
  let batch: WireEvent[] = [];
  let refusals: Refusal[] = [];
  let read = 0;
  for await (const record of jsonRecords(bytes)) {
    const event = readRecord(record, options);
    if ("problem" in event) refusals.push(event);
    else batch.push(event);
    if (++read % options.batch !== 0) continue;
    requireNone(refusals);
    yield batch;
    batch = [];
    refusals = [];
  }
  requireNone(refusals);
  if (batch.length > 0) yield batch;
}

/** Why a line is refused. */
interface Refusal {
  readonly problem: string;
  /** Only the runtime sends such an event. */
  readonly isForbidden: boolean;
}

/** Nothing of a batch is stored, since events of it are not valid. */
export class BatchRefused extends CommandError {
  /** `forbidden`: what of it only the runtime sends. */
  constructor(message: string, readonly forbidden: readonly string[]) {
    super(forbidden.length > 0 ? exitCodes.unusable : exitCodes.input, message);
  }
}

/** The event, or why it is refused. */
function readRecord(
  { line, value, problem }: TextRecord,
  { strict, names }: BatchOptions,
): WireEvent | Refusal {
  if (problem !== undefined) return { problem: `line ${line}: ${problem}`, isForbidden: false };
  try {
    return readInput(value, { strict, names, source: "publish" });
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    const isForbidden = error.refusalClass === "not_allowed";
    return { problem: `line ${line}: ${error.problems.join("; ")}`, isForbidden };
  }
}

const MAX_REFUSALS_SHOWN = 20;

function requireNone(refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  const more = refusals.length - MAX_REFUSALS_SHOWN;
  const forbidden = refusals.filter(({ isForbidden }) => isForbidden);
  throw new BatchRefused(
    [
      `Nothing of this batch is stored, ${
        refusals.length === 1 ? "1 event is" : `${refusals.length} events are`
      } not valid:`,
      ...refusals.slice(0, MAX_REFUSALS_SHOWN).map(({ problem }) => problem),
      ...(more > 0 ? [`… and ${more} more`] : []),
    ].join("\n"),
    forbidden.map(({ problem }) => problem),
  );
}
