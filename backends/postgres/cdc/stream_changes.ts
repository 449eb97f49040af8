/** Changes of tables, from a snapshot on, without a gap and each once: the slot and the sink together say how far it is. @module */
import { delay } from "@std/async/delay";
import { BackupError } from "../../backup/errors.ts";
import type { Lsn } from "../../backup/wal_position.ts";
import { BackendUnavailable } from "../../errors.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { ReplicationSession } from "../backup/replication.ts";
import { PostgresClient } from "../connection/client.ts";
import type { PostgresTarget } from "../connection/driver_options.ts";
import type { ChangeSink } from "../../relay/changes/change_sink.ts";
import type { ChangeOrigin, Showing } from "./debezium.ts";
import { receiveChanges } from "./receive_changes.ts";
import {
  currentLsn,
  dropCdcSlot,
  emitHeartbeat,
  ensurePublication,
  isSnapshotOpen,
  markSnapshot,
  readSlots,
} from "./slot.ts";
import { type TableName, writeSnapshot } from "./snapshot.ts";

interface ChangeRequest extends Showing {
  readonly target: PostgresTarget;
  /** The name of the slot, and of its publication. */
  readonly slot: string;
  readonly tables: readonly TableName[];
  /** Whether a new slot begins with the rows that are there. */
  readonly takesSnapshot: boolean;
  readonly sink: ChangeSink;
  readonly origin: ChangeOrigin;
  readonly heartbeatMs: number;
  /** End when everything is kept that was there when it began. */
  readonly untilIdle: boolean;
  readonly signal: AbortSignal;
  /** Takes what its owner should know, a line each. */
  onNotice(line: string): void;
}

/** In a sink: a snapshot was begun, and not ended. */
const NO_PLACE: Lsn = 0n;

/** Streams until the signal aborts. A server that goes away is asked again; one that is not there at the beginning is an error. */
export async function streamChanges(request: ChangeRequest): Promise<void> {
  const { signal, onNotice } = request;
  for (let failures = 0, wasConnected = false; !signal.aborted;) {
    try {
      if (await streamOnce(request, () => (failures = 0, wasConnected = true))) return;
    } catch (error) {
      const mayPass = error instanceof BackendUnavailable ||
        error instanceof BackupError && error.kind === "in_use";
      if (!wasConnected || !mayPass) throw error;
      onNotice(`${(error as Error).message}; trying again`);
      await delay(retryDelayMs(failures++), { signal }).catch(() => {});
    }
  }
}

/** One connection's part. True: it is done. */
async function streamOnce(request: ChangeRequest, onConnected: () => void): Promise<boolean> {
  const { target, slot, sink, signal, untilIdle, heartbeatMs } = request;
  const client = new PostgresClient(target, { connections: 2 });
  const ended = new AbortController();
  const session = new ReplicationSession(target, slot, "database");
  const both = AbortSignal.any([signal, ended.signal]);
  try {
    const from = await begin(request, client, session, onConnected);
    const end = untilIdle ? await currentLsn(client) : undefined;
    if (end !== undefined) await emitHeartbeat(client);
    const beating = beat(client, heartbeatMs, both);
    const onKept = (upTo: Lsn) => void (end !== undefined && upTo >= end && ended.abort());
    await receiveChanges({ ...request, session, publication: slot, from, sink, signal: both, onKept })
      .finally(() => ended.abort());
    await beating;
    return true;
  } finally {
    sink.close();
    await Promise.all([session.close(), client.close()]);
  }
}

/** Opens the sink, and makes the slot where there is none. Answers from where changes are wanted. */
async function begin(
  request: ChangeRequest,
  client: PostgresClient,
  session: ReplicationSession,
  onConnected: () => void,
): Promise<Lsn> {
  const { slot, sink, tables, onNotice } = request;
  const kept = await sink.open();
  const [found] = await readSlots(client, slot);
  onConnected();
  if (found?.wal_status === "lost") {
    throw new BackupError(
      "unusable",
      `The server gave the slot ${slot} up (max_slot_wal_keep_size): changes are lost; cdc drop, and begin anew`,
    );
  }
  await ensurePublication(client, slot, tables);
  const isOpen = kept === NO_PLACE || kept === undefined && await isSnapshotOpen(client, slot);
  if (found !== undefined && !isOpen) return kept ?? NO_PLACE;
  if (found === undefined && kept !== undefined && kept !== NO_PLACE) {
    throw new BackupError(
      "unusable",
      `The slot ${slot} is gone: what came meanwhile is lost; begin another file or stream`,
    );
  }
  if (found !== undefined) {
    onNotice(`The snapshot of ${slot} was not ended: beginning anew`);
    await dropCdcSlot(client, slot);
    await ensurePublication(client, slot, tables);
  }
  return await snapshot(request, client, session);
}

/** A file is marked before its first row: what a snapshot that was not ended has left is cut off. */
async function snapshot(
  { slot, sink, tables, takesSnapshot, origin, mask, outboxes, onNotice }: ChangeRequest,
  client: PostgresClient,
  session: ReplicationSession,
): Promise<Lsn> {
  await sink.keep(NO_PLACE);
  if (!await markSnapshot(client, slot, true)) {
    onNotice(
      `Another role owns the publication ${slot}: if this snapshot is cut off, drop the slot and begin anew`,
    );
  }
  const { snapshot, from } = await session.createLogicalSlot(slot);
  if (takesSnapshot) {
    const reading = client.openSession();
    const write = (lines: string) => sink.write(lines);
    // At once: a pool whose connection broke off under a statement waits for it without end (seen with 3.4.9).
    await writeSnapshot(reading, { tables, snapshot, origin, mask, outboxes, write })
      .finally(() => reading.end({ timeout: 0 }));
  }
  await sink.keep(from);
  await markSnapshot(client, slot, false);
  return from;
}

/** A heartbeat that fails says what the stream itself finds out. */
async function beat(client: PostgresClient, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delayOrAbort(everyMs, signal);
    if (!signal.aborted) await emitHeartbeat(client).catch(() => {});
  }
}
