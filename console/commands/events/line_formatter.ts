/**
 * Formats batches of lines in their order: the first here, as most readings are short, and the others in two workers. To
 * mask an event takes three times as long as to read it, and a log is read at the pace of its slowest step. @module
 */
import { encodeLines } from "../../../schema/delivery_line.ts";
import { type EventFormat, shownLines } from "./event_lines.ts";

const WORKERS = 2;
/** Batches under way; with the two that the store reads ahead, what bounds the memory. */
const MOST_PENDING = 3;
/** Lines formatted here before workers are started. */
const FEW_LINES = 5_000;

export async function* formatBatches(
  batches: AsyncIterable<readonly string[]>,
  format: EventFormat,
): AsyncGenerator<string | Uint8Array> {
  const workers: FormatWorker[] = [];
  const pending: Promise<Uint8Array>[] = [];
  let [seen, next] = [0, 0];
  try {
    for await (const lines of batches) {
      seen += lines.length;
      if (seen <= FEW_LINES) {
        yield shownLines(lines, format);
        continue;
      }
      if (workers.length < WORKERS) workers.push(new FormatWorker(format));
      pending.push(workers[next++ % workers.length]!.format(lines));
      if (pending.length >= MOST_PENDING) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    for (const worker of workers) worker.end();
  }
}

/** One worker, which answers in the order in which it is asked. */
class FormatWorker {
  readonly #format: EventFormat;
  // Named literally, so that a compiled binary contains it.
  readonly #worker = new Worker(new URL("./format_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  } as WorkerOptions);
  readonly #asked: PromiseWithResolvers<Uint8Array>[] = [];

  constructor(format: EventFormat) {
    this.#format = format;
    this.#worker.onmessage = ({ data }) => this.#asked.shift()!.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      for (const { reject } of this.#asked.splice(0)) reject(new Error(`A worker failed: ${event.message}`));
    };
  }

  format(lines: readonly string[]): Promise<Uint8Array> {
    const asked = Promise.withResolvers<Uint8Array>();
    // It is awaited in the order of the batches, which may be after it failed.
    asked.promise.catch(() => {});
    this.#asked.push(asked);
    const bytes = encodeLines(lines);
    this.#worker.postMessage({ lines: bytes, format: this.#format }, [bytes.buffer]);
    return asked.promise;
  }

  end(): void {
    this.#worker.terminate();
  }
}
