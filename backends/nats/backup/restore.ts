/** Restores a store on JetStream to a moment or a position, on a server that has nothing of it, and proves what came of it. @module */
import { join } from "node:path";
import { readArchive } from "../../backup/archive_file.ts";
import { BackupError } from "../../backup/errors.ts";
import type { BackupKey } from "../../backup/key_file.ts";
import { ingestName } from "../../../schema/nats.ts";
import { BackupRepository } from "../../backup/repository.ts";
import type { Target } from "../../backup/restore_plan.ts";
import type { Backend } from "../../backend.ts";
import type { Restoration } from "../../restoration.ts";
import { NatsClient } from "../connection/client.ts";
import { openNats } from "../nats_backend.ts";
import type { NatsOptions } from "../setup/options.ts";
import { markRestored, whileRestoring } from "../setup/restored.ts";
import { checkStore, type StoreCheck } from "./check_store.ts";
import { type Cut, entriesOfPlan, findCut } from "./cut.ts";
import { KeptLog } from "./kept_log.ts";
import { logOf, planRecords, type RecordRestorePlan } from "./restore_plan.ts";
import { type KeptMessage, replayLog, settleOther } from "./replay.ts";
import { infoOf } from "./stored_streams.ts";
import { restoreStream } from "./stream_snapshot.ts";

/** The server looks a large copy through before it answers. */
const DEADLINE_MS = 600_000;

/** What is restored. */
export interface RestoreSource {
  readonly from: string;
  readonly key: BackupKey | undefined;
  readonly target: Target;
}

/** How, and to where. */
interface RestoreRequest extends RestoreSource {
  readonly options: NatsOptions;
  /** The server is a single one: streams have no replicas there. */
  readonly isAlone: boolean;
  /** Asks the restored store whatever else is to be proven. */
  inspect?(backend: Backend): Promise<void>;
  onStep(step: string): void;
  /** A record was written again. What it throws ends the restore. */
  onRecord?(): void;
}

/** What came of it. */
export interface RestoredRecords {
  readonly plan: RecordRestorePlan;
  readonly ledger: Omit<StoreCheck, "ids">;
  readonly restoration: Restoration;
  readonly beyond: number;
}

/** What a restore takes, and where it cuts. Throws BackupError for a target that can't be reached. */
export async function planFrom({ from, key, target }: RestoreSource) {
  const repository = await BackupRepository.open(from, key);
  const log = new KeptLog(repository);
  const plan = planRecords(await repository.streamBackups(), await log.read(), target);
  return { repository, log, plan };
}

/** Restores. Until it has come to its end, the store says that it is none. */
export async function restoreRecords(request: RestoreRequest): Promise<RestoredRecords> {
  const { repository, log, plan } = await planFrom(request);
  const cut = await findCut(log, plan, request.target);
  const client = await NatsClient.open({ ...request.options, deadlineMs: DEADLINE_MS });
  try {
    await requireNothing(client, plan);
    return await new Restore(request, client, repository, log, plan, cut).run();
  } finally {
    await client.close();
  }
}

async function requireNothing(client: NatsClient, { base }: RecordRestorePlan): Promise<void> {
  for (const { config: { name } } of base.streams) {
    if (await infoOf(client, name) === undefined) continue;
    throw new BackupError(
      "in_use",
      `The server has the stream ${name} already: restore where nothing of it is`,
    );
  }
}

class Restore {
  constructor(
    readonly request: RestoreRequest,
    readonly client: NatsClient,
    readonly repository: BackupRepository,
    readonly log: KeptLog,
    readonly plan: RecordRestorePlan,
    readonly cut: Cut,
  ) {}

  async run(): Promise<RestoredRecords> {
    const { plan, cut, client, request: { onStep, inspect } } = this;
    const { base } = plan;
    await this.#restoreCopies();
    const others = await this.#replay();
    onStep("Checking the store");
    const { stream, prefix } = base.server;
    const backend = await openNats({ ...this.request.options, stream, prefix, isRestoring: true });
    try {
      const { ids, ...ledger } = await checkStore(backend);
      await this.#settleOthers(others, ids);
      const restoration = await markRestored(client, logOf(base).config.name, {
        backup: base.id,
        moment: cut.moment,
        restoredAt: new Date().toISOString(),
      });
      await inspect?.(backend);
      return { plan, ledger, restoration, beyond: cut.beyond };
    } finally {
      await backend.close();
    }
  }

  /** The log last: without it what is half restored is no store, and with it the store says so. */
  async #restoreCopies(): Promise<void> {
    const { plan: { base }, client, repository, request: { isAlone, onStep } } = this;
    for (const copy of base.streams) {
      const { file, config, state } = copy;
      onStep(`Restoring ${config.name}`);
      const expected = base.files.find(({ name }) => name === file);
      const metadata = config.metadata as Record<string, string> | undefined;
      const wanted = {
        ...config,
        ...(isAlone ? { num_replicas: 1 } : {}),
        ...(copy === logOf(base) ? { metadata: whileRestoring(metadata) } : {}),
      };
      const path = join(repository.basePath(base.id), file);
      const chunks = readArchive(path, { key: repository.key, expected });
      await restoreStream(client, { config: wanted, state }, chunks);
    }
  }

  async #replay(): Promise<KeptMessage[]> {
    const { plan, log, cut, client, request: { onStep, onRecord = () => {} } } = this;
    const first = logOf(plan.base).state.last_seq;
    if (cut.last > first) onStep(`Replaying ${cut.last - first} records`);
    return await replayLog(client, plan, cut, entriesOfPlan(log, plan), onRecord);
  }

  async #settleOthers(came: readonly KeptMessage[], ids: ReadonlySet<string>): Promise<void> {
    const { plan: { base }, cut, client } = this;
    // A stream that never changes is closed to the reads that others allow.
    const others = base.streams.filter((copy) => copy !== logOf(base) && copy.config.allow_direct === true);
    const waiting = ingestName(base.server.stream);
    for (const copy of others) {
      const isTaken = copy.config.name === waiting ? (id: string) => ids.has(id) : () => false;
      await settleOther(client, copy, cut, came, isTaken);
    }
  }
}
