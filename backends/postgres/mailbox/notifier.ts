/**
 * Wake-ups: a mailbox that found nothing waits for its bell. Bells ring by what this process appends, by NOTIFY from
 * other processes, and, as the safety net for every notice that got lost, by a slow poll.
 *
 * A NOTIFY inside the appending transaction would serialise all commits of the server, so it is sent after the commit,
 * gathered over a few milliseconds; it is a hint, and losing one costs at most a poll interval.
 * @module
 */
import type { WakeSignal } from "../../primitives/wake_signal.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { connect, type PostgresClient, type PostgresTarget, type Sql } from "../connection/client.ts";
import type { FetchRequest, FetchResult } from "./fetch.ts";

const CHANNEL = "zaakstroom";
/** Notices are gathered this long, in milliseconds. */
const SEND_DELAY_MS = 5;
/** Every so many polls all bells ring: what a poll does not look for (a redriven dead letter) is then found too. */
const POLLS_PER_NOTIFY_ALL = 15;
/** The longest payload PostgreSQL takes is 8,000 bytes. */
const LONGEST_PAYLOAD = 7_900;

/** A mailbox that can be woken. */
export interface IdleMailbox extends FetchRequest {
  /** It has nothing, and waits for its bell. */
  readonly isIdle: boolean;
  /** How far it has read. */
  readonly checkpoint: number;
  readonly wakeSignal: WakeSignal;
  /** Takes a place for a batch that it may be handed; undefined when it is awake, or would have to wait for one. */
  tryReserve(): (() => void) | undefined;
  /** Wakes it with its next batch, if it still sleeps; otherwise its bell rings, and the place is given back. */
  deliver(pulled: FetchResult, leave: () => void): void;
}

interface NotifierOptions {
  node: string;
  /** Between two polls, in milliseconds. */
  pollMs: number;
}

export class Notifier {
  readonly #mailboxes = new Set<IdleMailbox>();
  readonly #pending = new Set<string>();
  readonly #ended = new AbortController();
  readonly #client: PostgresClient;
  readonly #options: NotifierOptions;
  #sending: Promise<void> | undefined;
  #listening: Promise<void> | undefined;
  #polling: Promise<void> | undefined;

  constructor(client: PostgresClient, options: NotifierOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Starts to listen and to poll, for a process that has mailboxes. */
  start(target: PostgresTarget): void {
    this.#polling ??= this.#poll();
    if (!target.pooler) this.#listening ??= this.#listen(target);
  }

  add(mailbox: IdleMailbox): void {
    this.#mailboxes.add(mailbox);
  }

  remove(mailbox: IdleMailbox): void {
    this.#mailboxes.delete(mailbox);
  }

  /** The mailboxes of this process that sleep until such events come. */
  idleMailboxes(partition: number, types: readonly string[]): IdleMailbox[] {
    return [...this.#mailboxes].filter((mailbox) =>
      mailbox.isIdle && mailbox.partition === partition &&
      mailbox.types.some((type) => types.includes(type))
    );
  }

  /**
   * Tells the mailboxes of this process, but for those who know it, and with `others` those of other processes, that
   * events have come.
   */
  notify(
    partitions: Iterable<number>,
    types: readonly string[],
    others: boolean,
    alreadyNotified: readonly IdleMailbox[] = [],
  ): void {
    for (const partition of partitions) {
      for (const type of types) {
        this.#notifyLocal(partition, type, alreadyNotified);
        if (others) this.#pending.add(`${partition}:${type}`);
      }
    }
    if (this.#pending.size > 0) this.#sending ??= this.#send();
  }

  notifyAll(): void {
    for (const mailbox of this.#mailboxes) mailbox.wakeSignal.notify();
  }

  #notifyLocal(partition: number, type: string, alreadyNotified: readonly IdleMailbox[] = []): void {
    for (const mailbox of this.#mailboxes) {
      const wants = mailbox.partition === partition && (type === "*" || mailbox.types.includes(type));
      if (wants && !alreadyNotified.includes(mailbox)) mailbox.wakeSignal.notify();
    }
  }

  async #send(): Promise<void> {
    await delayOrAbort(SEND_DELAY_MS, this.#ended.signal);
    const joined = [...this.#pending].join(",");
    this.#pending.clear();
    this.#sending = undefined;
    const payload = `${this.#options.node} ${joined.length > LONGEST_PAYLOAD ? "*" : joined}`;
    // A notice needs no disk write; the events it tells of are committed already.
    await this.#client.run((sql) =>
      sql`select set_config('synchronous_commit', 'off', true), pg_notify(${CHANNEL}, ${payload})`
    ).catch(() => {});
  }

  #onNotification(payload: string): void {
    const [node, notices] = payload.split(" ") as [string, string];
    if (node === this.#options.node) return;
    if (notices === "*") return this.notifyAll();
    for (const notice of notices.split(",")) {
      const [partition, type] = notice.split(":") as [string, string];
      this.#notifyLocal(Number(partition), type);
    }
  }

  /** Listens on a connection of its own. After every (re)connection all bells ring: notices may have been missed. */
  async #listen(target: PostgresTarget): Promise<void> {
    const sql = connect(target, 1);
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await sql.listen(CHANNEL, (payload) => this.#onNotification(payload), () => this.notifyAll());
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      } catch {
        await delayOrAbort(500, signal);
      }
    }
    await sql.end({ timeout: 0 }).catch(() => {});
  }

  async #poll(): Promise<void> {
    const { signal } = this.#ended;
    for (let n = 1;; n++) {
      await delayOrAbort(this.#options.pollMs, signal);
      if (signal.aborted) return;
      if (n % POLLS_PER_NOTIFY_ALL === 0) this.notifyAll();
      else if (this.#mailboxes.size > 0) await this.#pollOnce().catch(() => {});
    }
  }

  async #pollOnce(): Promise<void> {
    const feeds = [...this.#mailboxes].flatMap(({ partition, types, checkpoint }) =>
      types.map((type) => ({ partition, type, checkpoint }))
    );
    const found = await this.#client.run((sql) => feedsWithNewEvents(sql, JSON.stringify(feeds)));
    for (const { partition, type } of found) this.#notifyLocal(partition, type);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#sending, this.#listening, this.#polling]);
  }
}

function feedsWithNewEvents(sql: Sql, feeds: string) {
  return sql<{ partition: number; type: string }[]>`
    select distinct f.partition, f.type
    from json_to_recordset(${feeds}::text::json) as f (partition smallint, type text, checkpoint bigint)
    where exists (select from zaakstroom.events e
      where e.partition = f.partition and e.type = f.type and e.position > f.checkpoint)`;
}
