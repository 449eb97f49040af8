/** The background jobs of a node: firing timers, taking events in from the ingest subject, and the read model. @module */
import { repeat } from "../../primitives/repeat.ts";
import type { NatsContext } from "../context.ts";
import { CaseProjection, type ProjectionContext } from "./case_projection.ts";
import { type IngestContext, ingestPending } from "./ingest.ts";
import { fireDue, type TimersContext } from "./timers.ts";

type MaintenanceContext = TimersContext & IngestContext & ProjectionContext & Pick<NatsContext, "leases">;

/** How late a timer may fire. */
const TIMERS_INTERVAL_MS = 250;
const INGEST_INTERVAL_MS = 250;
const PROJECTION_INTERVAL_MS = 1_000;
/** After each run the projection rests for this many times its duration, so that it never competes with the mailboxes. */
const PROJECTION_REST = 20;

/** Runs the jobs until the signal aborts. Several nodes may do so at once. */
export async function runMaintenance(context: MaintenanceContext, signal: AbortSignal): Promise<void> {
  const { timers, leases: { restore } } = context;
  const projection = new CaseProjection(context);
  const fireTimers = async () => {
    await timers.follow();
    await fireDue(context, signal);
    return TIMERS_INTERVAL_MS;
  };
  const ingest = async () => await ingestPending(context) > 0 ? 0 : INGEST_INTERVAL_MS;
  const project = async () => {
    const began = performance.now();
    const projected = context.leases.isLeader ? await projection.project() : 0;
    const rest = (performance.now() - began) * PROJECTION_REST;
    return projected > 0 ? rest : PROJECTION_INTERVAL_MS + rest;
  };
  await Promise.all([
    repeat(fireTimers, signal),
    repeat(ingest, signal, restore),
    repeat(project, signal, restore),
  ]);
  await Promise.all([timers.close(), projection.close()]);
}
