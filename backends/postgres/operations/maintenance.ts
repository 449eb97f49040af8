/** The background jobs of a node: firing timers and emptying the outbox. @module */
import { repeat } from "../../primitives/repeat.ts";
import { drainOutbox, type OutboxContext } from "./outbox.ts";

/** Timers that one statement fires at most. */
const TIMERS_AT_ONCE = 500;

interface MaintenanceContext extends OutboxContext {
  /** How late a timer or an outbox event may be. */
  everyMs: number;
}

/** Runs the jobs until the signal aborts. Several nodes may do so at once. */
export async function runMaintenance(options: MaintenanceContext, signal: AbortSignal): Promise<void> {
  await repeat(async () => {
    const { fired, hasOutbox } = await fireTimers(options);
    return fired + (hasOutbox ? await drainOutbox(options) : 0) > 0 ? 0 : options.everyMs;
  }, signal);
}

/**
 * Appends the events of due timers; returns how many partitions were touched, and whether the outbox holds anything. One
 * statement for both: it runs several times a second, mostly in vain.
 */
async function fireTimers(
  { client, notifier, timersAsOf }: MaintenanceContext,
): Promise<{ fired: number; hasOutbox: boolean }> {
  const asOf = timersAsOf?.().toISOString() ?? null;
  const [row] = await client.run((sql) =>
    sql<[{ partitions: string; hasOutbox: boolean }]>`
      select array_to_string(zaakstroom.fire_timers(${asOf}::text::timestamptz, ${TIMERS_AT_ONCE}), ',') as partitions,
        exists (select from zaakstroom.outbox where refused_for is null) as "hasOutbox"`
  );
  const partitions = row.partitions === "" ? [] : row.partitions.split(",").map(Number);
  if (partitions.length > 0) notifier.notify(partitions, ["*"], true);
  return { fired: partitions.length, hasOutbox: row.hasOutbox };
}
