/** The mailboxes of a database: many are read in one statement and settled in one transaction. @module */
import { SettlementRefused } from "../../errors.ts";
import type { Batch } from "../../mailbox/batch.ts";
import type { BatchLimits } from "../../mailbox/batch_size.ts";
import type { HistoryNeed, InFlightMark, Settlement } from "../../mailbox/mailbox.ts";
import type {
  FetchResult,
  MailboxOwner,
  MailboxStore,
  MailboxSubscriber,
  SettleStatus,
} from "../../mailbox/mailbox_store.ts";
import type { PassSettlement, PassStatus, PassStore } from "../../mailbox/pass.ts";
import { Coalescer } from "../../primitives/coalescer.ts";
import type { PostgresClient } from "../connection/client.ts";
import { rowRefusal } from "../connection/errors.ts";
import { fetchGroup, type FetchRequest } from "./fetch.ts";
import type { PostgresLeaseStore } from "./leases.ts";
import type { Notifier } from "./notifier.ts";
import { commitPass, fetchPass } from "./pass.ts";
import { CopyRefused, MIN_COPY_ROWS, settleByCopy } from "./settle_copy.ts";
import { isGroupable, settleGroup } from "./settle_group.ts";
import { settleOne, type SettleReply, type SettleRequest } from "./settle_one.ts";

/**
 * Statements under way at once, of each sort. With one, requests that arrive while the database is busy accumulate for the
 * next, and go together.
 */
const CONCURRENT_STATEMENTS = 1;

/** A settlement that takes longer waits for something, in milliseconds. */
const SETTLES_WITHIN_MS = 1_500;

/** After a COPY that other writers of the same cases made fail, this many batches are inserted instead. */
const INSERTS_AFTER_CONFLICT = 8;

export class PostgresMailboxStore implements MailboxStore {
  readonly #client: PostgresClient;
  readonly #notifier: Notifier;
  readonly #leases: PostgresLeaseStore;
  readonly #fetches: Coalescer<FetchRequest, FetchResult>;
  readonly #settlements: Coalescer<SettleRequest, SettleReply>;
  readonly #insertsLeft = new WeakMap<MailboxOwner, number>();
  /**
   * Mailboxes whose row something else held, or that of one in a pass with them: each settles by itself until it has, so that
   * no other waits for it.
   */
  readonly #alone = new WeakSet<MailboxOwner>();
  /** Since when mailboxes wait for the answer to a settlement, in milliseconds of this process. */
  readonly #committing = new Map<MailboxOwner, number>();

  constructor(client: PostgresClient, notifier: Notifier, leases: PostgresLeaseStore) {
    this.#client = client;
    this.#notifier = notifier;
    this.#leases = leases;
    this.#fetches = new Coalescer((requests) => fetchGroup(client, requests), CONCURRENT_STATEMENTS);
    this.#settlements = new Coalescer(
      (requests) => settleGroup(client, notifier, requests, (request) => this.#settleAlone(request)),
      CONCURRENT_STATEMENTS,
    );
  }

  fetch(owner: MailboxOwner, limits: BatchLimits): Promise<FetchResult> {
    return this.#fetches.submit({ owner, limits });
  }

  async commit(owner: MailboxOwner, batch: Batch, settlement: Settlement): Promise<SettleStatus> {
    this.#committing.set(owner, performance.now());
    try {
      const { verdict, alreadyNotified } = await this.#settle({ owner, batch, settlement }).catch((error) => {
        const refusal = rowRefusal(error);
        throw refusal === undefined ? error : new SettlementRefused(refusal, { cause: error });
      });
      // Also when it was settled before: the answer to that may have been lost, and the notification with it.
      if (verdict !== "fenced") {
        const types = Object.keys(settlement.outputTypes);
        this.#notifier.notify([owner.partition], types, this.#leases.othersAlive, alreadyNotified);
      }
      return verdict;
    } finally {
      this.#committing.delete(owner);
    }
  }

  /** What a mailbox of this process waits for; undefined when for nothing, or not for long. */
  waitsFor(processor: string, partition: number): string | undefined {
    const overdue = performance.now() - SETTLES_WITHIN_MS;
    for (const [owner, since] of this.#committing) {
      if (owner.processor !== processor || owner.partition !== partition || since > overdue) continue;
      return this.#alone.has(owner)
        ? "a lock that something else holds (see pg_locks)"
        : "the database to settle";
    }
  }

  /** With others, by a statement of its own, or with many outputs by a COPY. */
  async #settle(request: SettleRequest): Promise<SettleReply> {
    const { owner, settlement } = request;
    const outputs = Object.values(settlement.outputTypes).reduce((sum, many) => sum + many, 0);
    const insertsLeft = this.#insertsLeft.get(owner) ?? 0;
    if (outputs < MIN_COPY_ROWS) {
      if (!isGroupable(request)) return await settleOne(this.#client, request);
      return await (this.#alone.has(owner) ? this.#settleAlone(request) : this.#settlements.submit(request));
    }
    this.#insertsLeft.set(owner, Math.max(0, insertsLeft - 1));
    if (insertsLeft > 0) return await settleOne(this.#client, request);
    try {
      return await settleByCopy(this.#client, request);
    } catch (error) {
      if (!(error instanceof CopyRefused)) throw error;
      this.#insertsLeft.set(owner, INSERTS_AFTER_CONFLICT);
      return await settleOne(this.#client, request);
    }
  }

  async #settleAlone(request: SettleRequest): Promise<SettleReply> {
    this.#alone.add(request.owner);
    const reply = await settleOne(this.#client, request);
    this.#alone.delete(request.owner);
    return reply;
  }

  readonly passes: PassStore = {
    fetchPass: (owners, limits) => fetchPass(this.#client, owners, limits),
    commitPass: (owners, settlement) => this.#commitPass(owners as readonly MailboxSubscriber[], settlement),
  };

  async #commitPass(
    owners: readonly MailboxSubscriber[],
    settlement: PassSettlement,
  ): Promise<PassStatus> {
    for (const owner of owners) this.#committing.set(owner, performance.now());
    try {
      const onLocked = () => owners.forEach((owner) => this.#alone.add(owner));
      const status = await commitPass(this.#client, owners, settlement, onLocked);
      for (const owner of owners) this.#alone.delete(owner);
      // Those in the pass have handled what they take of it.
      if (status === "settled" || status === "already") {
        const types = Object.keys(settlement.outputTypes);
        const handled = owners.filter((_, i) => settlement.moves[i]!.isChained);
        this.#notifier.notify([owners[0]!.partition], types, this.#leases.othersAlive, handled);
      }
      return status;
    } finally {
      for (const owner of owners) this.#committing.delete(owner);
    }
  }

  async markInFlight(
    { processor, partition, epoch }: MailboxOwner,
    mark: InFlightMark,
  ): Promise<"marked" | "fenced"> {
    const [row] = await this.#client.run((sql) =>
      sql<[{ begun: boolean }]>`
          select zaakstroom.mark_in_flight(${processor}, ${partition}::smallint, ${epoch}::bigint,
            ${JSON.stringify(mark)}::text::json) as begun`
    );
    return row.begun ? "marked" : "fenced";
  }

  async histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const [row] = await this.#client.run((sql) =>
      sql<[{ lines: string | null }]>`
          select zaakstroom.histories(${JSON.stringify(needs)}::text::json, ${`{${
        types.join(",")
      }}`}::text[]) as lines`
    );
    return row.lines ?? "";
  }

  subscribe(subscriber: MailboxSubscriber): void {
    this.#notifier.add(subscriber);
  }

  unsubscribe(subscriber: MailboxSubscriber): void {
    this.#notifier.remove(subscriber);
  }
}
