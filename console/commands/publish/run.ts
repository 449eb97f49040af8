/** What `publish` does. @module */
import type { AppendResult } from "../../../backends/event_store.ts";
import type { WireEvent } from "../../../schema/events.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatRounded, Progress } from "../../cli/terminal.ts";
import { eventNamesOf } from "../../store/event_names.ts";
import { principalOf } from "../../store/identity.ts";
import { openBackend, withBackend } from "../../store/open_backend.ts";
import type { PublishValues } from "./options.ts";
import { BatchRefused, eventBatches, EventInput } from "./event_batches.ts";

/** Reads all events of a file and stores none; returns the exit code. Throws CommandError for what is not valid. */
export async function validateEvents(file: string, values: PublishValues, output: Output): Promise<number> {
  const input = new EventInput(file);
  const names = await eventNamesOf(values);
  const progress = new Progress(output, { what: "events" });
  let valid = 0;
  try {
    for await (const batch of eventBatches(input.bytes(), { ...values, names })) {
      progress.update(valid += batch.length, input.fraction);
    }
  } finally {
    progress.clear();
  }
  printResult(output, values, { json: { valid }, text: `${formatRounded(valid)} events are valid` });
  return exitCodes.ok;
}

/** Stores the events of a file; returns the exit code. */
export async function publishEvents(file: string, values: PublishValues, output: Output): Promise<number> {
  const input = new EventInput(file);
  const names = await eventNamesOf(values);
  const batches = eventBatches(input.bytes(), { ...values, names });
  try {
    // A file that can't be read, or begins with what is not valid, is refused before a store is opened.
    const first = await batches.next();
    const opened = await openBackend(values, { role: "client" });
    try {
      const { backend } = opened;
      const by = (await principalOf(backend, values, "events.append"))?.name;
      const append = (events: readonly WireEvent[]) => backend.append(events, "any", by);
      await store(append, startingWith(first, batches), input, values, output);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof BatchRefused && error.forbidden.length > 0) await recordForbidden(error, values);
    throw error;
  } finally {
    await batches.return(undefined);
  }
  return exitCodes.ok;
}

/** A line in the trail about events that only the runtime sends. A store that can't be opened is no other reason to refuse them. */
async function recordForbidden({ forbidden }: BatchRefused, values: PublishValues): Promise<void> {
  await withBackend(values, async (backend) => {
    const by = (await principalOf(backend, values, "events.append"))?.name;
    const more = forbidden.length > 1 ? `, and ${forbidden.length - 1} more` : "";
    await backend.producers.recordRefusal(`Not allowed: ${forbidden[0]}${more}`, by);
    return exitCodes.ok;
  }).catch(() => {});
}

async function* startingWith<T>(first: IteratorResult<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  if (!first.done) yield first.value;
  yield* rest;
}

async function store(
  append: (events: readonly WireEvent[]) => Promise<AppendResult>,
  batches: AsyncIterable<readonly WireEvent[]>,
  input: EventInput,
  values: PublishValues,
  output: Output,
): Promise<void> {
  const progress = new Progress(output, { what: "events" });
  const total = { stored: 0, duplicates: 0 };
  try {
    for await (const batch of batches) {
      const { stored, duplicates } = await append(batch);
      total.stored += stored;
      total.duplicates += duplicates;
      progress.update(total.stored + total.duplicates, input.fraction);
    }
  } catch (error) {
    progress.clear();
    // What is stored stays stored: the user must know it to mend the rest.
    if (total.stored + total.duplicates > 0) printTotal(total, values, output);
    throw error;
  }
  progress.clear();
  printTotal(total, values, output);
}

function printTotal(
  total: { stored: number; duplicates: number },
  values: PublishValues,
  output: Output,
): void {
  const { stored, duplicates } = total;
  const known = duplicates === 0 ? "" : `, ${formatRounded(duplicates)} were stored before`;
  const text = `${formatRounded(stored)} ${stored === 1 ? "event" : "events"} stored${known}`;
  printResult(output, values, { json: total, text });
}
