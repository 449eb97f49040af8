/** The store behind memory backends: several of them may share one, as nodes share a database. @module */
import type { WireEvent } from "../../schema/events.ts";
import { newSecret } from "../../schema/ids.ts";
import { DEFAULT_PARTITIONS } from "../../schema/partition.ts";
import type { AuditEntry } from "../dead_letters.ts";
import type { AppendResult, ExpectedVersion } from "../event_store.ts";
import type { Batch } from "../mailbox/batch.ts";
import type { Settlement } from "../mailbox/mailbox.ts";
import type { SettleStatus } from "../mailbox/mailbox_store.ts";
import { rowsOf } from "../../schema/delivery_line.ts";
import { type Clock, systemClock } from "../primitives/clock.ts";
import type { Producer } from "../../schema/authority/grants.ts";
import { NotAllowed } from "../errors.ts";
import { admitAll, type Producers, PRODUCERS_TRAIL, REFUSED, speakerFor } from "../producers.ts";
import { MemoryGrants, requireHistory } from "./grants.ts";
import { BroadcastSignal } from "./broadcast_signal.ts";
import { MemoryHashChain } from "./hash_chain.ts";
import { MemoryModelStore } from "./model_store.ts";
import { LeaseTable, type Subscription } from "./lease_table.ts";
import { MemoryPauses } from "./operations/pauses.ts";
import { MemoryRelayStore } from "./operations/relay_store.ts";
import {
  entryDraftOf,
  EventLog,
  type LogEntryDraft,
  parseEntryDraft,
  planAppend,
  requireOwnIds,
  withoutStored,
} from "./event_log.ts";
import type { PassSettlement, PassStatus } from "../mailbox/pass.ts";
import { redeliveredPart } from "../settlement/redelivered.ts";
import { settlePass } from "./pass.ts";
import type { ParkedCase } from "../settlement/parked_case.ts";
import { planSettlement, type SettlementPlan } from "../settlement/plan.ts";
import { TimerTable, type TimerWrite, timerWrite } from "./timer_table.ts";

export interface MemoryStoreOptions {
  /** Slices of the cases. Default 16. */
  partitions?: number;
  /** Default: the clock of the machine. */
  clock?: Clock;
  /** By which outputs get their ids. Default: a new one. */
  secret?: string;
}

/** Failures that tests and the simulation inject. */
interface MemoryFaults {
  /** Called before a dead letter is written; what it throws is what the write fails with. */
  deadLetterWrite?: () => void;
}

/**
 * Events, leases, parked cases, timers and the audit trail. Every change is one synchronous step: it happens whole, or
 * it throws before it changed anything.
 */
export class MemoryStore {
  readonly clock: Clock;
  readonly secret: string;
  readonly log: EventLog;
  readonly leases: LeaseTable;
  readonly pauses: MemoryPauses;
  readonly models: MemoryModelStore;
  readonly chain: MemoryHashChain;
  readonly relays = new MemoryRelayStore();
  readonly timers = new TimerTable();
  readonly trail: AuditEntry[] = [];
  readonly grants = new MemoryGrants();
  readonly faults: MemoryFaults = {};
  /** One signal a partition: notifies when there may be something to deliver. */
  readonly arrived: readonly BroadcastSignal[];

  constructor(
    { partitions = DEFAULT_PARTITIONS, clock = systemClock, secret = newSecret() }: MemoryStoreOptions = {},
  ) {
    this.clock = clock;
    this.secret = secret;
    this.log = new EventLog(partitions);
    this.leases = new LeaseTable(partitions);
    this.pauses = new MemoryPauses(this.leases, clock, this.trail);
    this.chain = new MemoryHashChain(this.log);
    this.models = new MemoryModelStore(this.log, clock);
    this.arrived = Array.from({ length: partitions }, () => new BroadcastSignal());
  }

  /** Appends, past every door. */
  append(events: readonly WireEvent[], expected: ExpectedVersion): AppendResult {
    const drafts = events.map(entryDraftOf);
    const { fresh, duplicates } = planAppend(this.log, drafts, expected);
    this.#add(fresh);
    const last = this.log.find(drafts.at(-1)?.eventId ?? "");
    return { stored: fresh.length, duplicates, position: last?.position ?? 0, version: last?.version ?? 0 };
  }

  /** The events as an account may have them stored, or `by`, in whose name it speaks. Throws as `EventStore.append`. */
  admit(events: readonly WireEvent[], account: Producer, by: string | undefined): readonly WireEvent[] {
    try {
      const speaker = speakerFor(account, by, this.grants.byName);
      const admitted = admitAll(events, speaker, this.grants.byName);
      requireHistory(this.log, admitted, speaker);
      this.grants.countSent(speaker.name, events.length, this.clock.now());
      return admitted;
    } catch (error) {
      if (error instanceof NotAllowed) this.recordAct(REFUSED, by ?? account.name, error.message);
      throw error;
    }
  }

  /** An entry of the trail about producers. */
  recordAct(act: string, by: string, why: string): void {
    const at = new Date(this.clock.now()).toISOString();
    this.trail.push({ at, act, by, why, caseId: PRODUCERS_TRAIL });
  }

  /** Who may store what, as this account sees it. */
  producersFor(account: Producer): Producers {
    return this.grants.producersFor(account, (act, { by, why }) => this.recordAct(act, by, why), this.clock);
  }

  /** Settles a batch under an epoch, unless the lease has moved or the batch was settled before. */
  settle(subscription: Subscription, epoch: number, batch: Batch, settlement: Settlement): SettleStatus {
    if (subscription.epoch !== epoch) return "fenced";
    const now = this.clock.now();
    const { processor, checkpoint } = subscription;
    const parkedOf = (caseId: string) => subscription.parked.get(caseId) ?? [];
    const plan = planSettlement({ processor, checkpoint, parkedOf, now }, batch, settlement);
    if (plan === null) return "already";
    const redelivered = redeliveredPart(subscription, batch);
    const drafts = rowsOf(settlement.outputs).map(parseEntryDraft);
    const { fresh: outputs, differences } = redelivered === "none"
      ? { fresh: drafts, differences: 0 }
      : withoutStored(this.log, drafts);
    requireOwnIds(this.log, outputs);
    const timers = redelivered === "all" ? [] : settlement.timers.map(timerWrite);
    if (settlement.failures.some(({ outcome }) => outcome.kind === "deadLetter")) {
      this.faults.deadLetterWrite?.();
    }
    subscription.differences += differences;
    this.#commit(subscription, plan, now);
    this.write(outputs, timers);
    return "settled";
  }

  /** Settles a pass under the epochs of these, unless one of their leases has moved or something came in between. */
  settlePass(
    members: readonly Subscription[],
    epochs: readonly number[],
    settlement: PassSettlement,
  ): PassStatus {
    return settlePass(this, members, epochs, settlement);
  }

  /** Writes what was checked: nothing of it can fail. */
  write(outputs: readonly LogEntryDraft[], timers: readonly TimerWrite[]): void {
    for (const write of timers) this.timers.apply(write);
    this.#add(outputs);
  }

  /** Appends the events of the timers that are due at `now`. */
  fireTimers(now: number): void {
    this.#add(this.timers.takeDue(now));
  }

  #commit(subscription: Subscription, plan: SettlementPlan, now: number): void {
    subscription.checkpoint = plan.checkpoint;
    subscription.settledAt = now;
    subscription.inFlight = null;
    for (const [caseId, parked] of plan.parked) setParked(subscription, caseId, parked);
    this.trail.push(...plan.trail);
  }

  #add(drafts: readonly LogEntryDraft[]): void {
    const now = this.clock.now();
    const touched = new Set<number>();
    for (const draft of drafts) touched.add(this.log.add(draft, now).partition);
    for (const partition of touched) this.arrived[partition]!.notifyAll();
  }
}

/** Replaces a parked case; an empty one is parked no more. */
export function setParked({ parked }: Subscription, caseId: string, after: ParkedCase): void {
  if (after.length === 0) parked.delete(caseId);
  else parked.set(caseId, after);
}
