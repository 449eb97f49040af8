/** Passes over the partitions that a node owns: read from the records in its memory, settled by one record. @module */
import type { BatchLimits } from "../../../mailbox/batch_size.ts";
import type { PassFetched, PassOwner, PassSettlement, PassStatus, PassStore } from "../../../mailbox/pass.ts";
import { isEpochAlone } from "../../../mailbox/lease_epoch.ts";
import { nextDue } from "../../../settlement/parked_case.ts";
import type { LogState } from "../partition/log_state.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { OwnershipLost } from "../partition/record_writer.ts";
import { eventPosition, everywhere, recordSequenceOf } from "../record/record.ts";
import { type MovingMember, passContribution } from "./pass_contribution.ts";
import { nextPass, noPass, type PassMember } from "./pass_reader.ts";
import type { ScannedPlaces } from "./scanned_places.ts";

interface PassStoreOptions {
  readonly scanned: ScannedPlaces;
  /** The writer of a partition that this node owns. What is leased alone has no passes. */
  ownerOf(partition: number): PartitionWriter | undefined;
  /** The present time of the store. */
  now(): number;
}

export class RecordPassStore implements PassStore {
  readonly #options: PassStoreOptions;

  constructor(options: PassStoreOptions) {
    this.#options = options;
  }

  async fetchPass(owners: readonly PassOwner[], limits: BatchLimits): Promise<PassFetched> {
    const { scanned, now } = this.#options;
    const writer = this.#options.ownerOf(owners[0]!.partition);
    if (isEpochAlone(owners[0]!.epoch)) return noPass("plain");
    if (writer === undefined || !runsUnder(writer.state, owners)) return noPass("fenced");
    const { state } = writer;
    const parked = owners.map(({ processor }) => state.parkedOf(processor)).filter(({ size }) => size > 0);
    const nextDueMs = Math.min(Infinity, ...parked.map((cases) => nextDue(cases.values()) - now()));
    if (nextDueMs <= 0) return noPass("plain");
    for (const owner of owners) if (await isRedelivering(writer, owner)) return noPass("plain");
    const members = owners.map((owner): PassMember => {
      const { processor, types } = owner;
      const { checkpoint: from } = state.processor(processor);
      return { processor, types: new Set(types), from, after: scanned.after(owner, from) };
    });
    const readBehind = writer.recordsBehind.bind(writer);
    const isHeld = (caseId: string) => parked.some((cases) => cases.has(caseId));
    const { fetched, scannedTo } = await nextPass(readBehind, members, limits, isHeld);
    fetched.parts.forEach(({ to, isCaughtUp }, i) => {
      if (isCaughtUp) scanned.set(owners[i]!, to, scannedTo);
    });
    return { ...fetched, nextDueMs };
  }

  async commitPass(owners: readonly PassOwner[], settlement: PassSettlement): Promise<PassStatus> {
    const writer = this.#options.ownerOf(owners[0]!.partition);
    if (writer === undefined) return "fenced";
    const members = owners.map((owner, i): MovingMember => ({
      ...ownerOf(owner),
      move: settlement.moves[i]!,
    }));
    const hasUnread = (member: MovingMember) => this.#hasUnread(writer, member);
    try {
      return await writer.submit(passContribution(members, settlement, hasUnread));
    } catch (error) {
      if (error instanceof OwnershipLost) return "fenced";
      throw error;
    }
  }

  async #hasUnread(writer: PartitionWriter, { processor, types, move }: MovingMember): Promise<boolean> {
    const to = Math.max(move.from, move.to);
    const after = this.#options.scanned.after({ processor, types, partition: writer.partition }, to);
    const records = writer.recordsBehind(Math.max(0, recordSequenceOf(after) - 1), everywhere(types));
    for await (const { sequence, record } of records) {
      if (record.kind === "malformed") continue;
      const isUnread = record.events.some(({ index, type }) =>
        types.includes(type) && eventPosition(sequence, index) > after
      );
      if (isUnread) return true;
    }
    return false;
  }
}

/** Whether the next event of a rewound processor is one that it had done before. */
async function isRedelivering(writer: PartitionWriter, { processor, types }: PassOwner): Promise<boolean> {
  const { checkpoint, redeliversTo = 0 } = writer.state.processor(processor);
  if (checkpoint >= redeliversTo) return false;
  for await (
    const { sequence, record } of writer.recordsBehind(
      Math.max(0, recordSequenceOf(checkpoint) - 1),
      everywhere(types),
    )
  ) {
    if (eventPosition(sequence, 0) > redeliversTo) return false;
    if (record.kind === "malformed") continue;
    const isNext = record.events.some(({ index, type }) => {
      const position = eventPosition(sequence, index);
      return position > checkpoint && position <= redeliversTo && types.includes(type);
    });
    if (isNext) return true;
  }
  return false;
}

/** A subscriber has more than is to be kept here. */
function ownerOf({ processor, epoch, types }: PassOwner) {
  return { processor, epoch, types };
}

function runsUnder(state: LogState, owners: readonly PassOwner[]): boolean {
  return owners.every(({ processor, epoch }) => state.processor(processor).epoch === epoch);
}
