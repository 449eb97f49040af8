/**
 * Notifies mailboxes of what comes for them: of what this process appends, by NOTIFY of what other processes append, and by
 * a slow poll of what was missed.
 *
 * A NOTIFY inside the appending transaction would serialise all commits of the server. So it is sent after the commit: at once after
 * a quiet while, and then for all that comes within a few milliseconds. It is a hint, and to lose one costs at most a poll interval.
 * @module
 */
import type { MailboxSubscriber } from "../../mailbox/mailbox_store.ts";
import { aborted, delayOrAbort } from "../../primitives/concurrency.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

const CHANNEL = "zaakstroom";
/** Between two notifications of a process, in milliseconds: what comes meanwhile goes with the second. */
const SEND_EVERY_MS = 5;
/** Every 15th poll notifies all: what a poll does not ask for (a redriven dead letter) is then found too. */
const POLLS_PER_NOTIFY_ALL = 15;
/** Notice of what each node looks for in a round of its leases. */
const LEASES = "leases";
/** The longest payload PostgreSQL takes is 8,000 bytes. */
const LONGEST_PAYLOAD = 7_900;

interface NotifierOptions {
  node: string;
  /** Between two polls, in milliseconds. */
  pollMs: number;
  /** Called when something has changed that a round of leases finds. */
  onLeases?: () => void;
}

export class Notifier {
  readonly #mailboxes = new Set<MailboxSubscriber>();
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Set<string>();
  readonly #ended = new AbortController();
  readonly #client: PostgresClient;
  readonly #options: NotifierOptions;
  #sending: Promise<void> | undefined;
  #sendAt = -Infinity;
  #listening: Promise<void> | undefined;
  #polling: Promise<void> | undefined;

  constructor(client: PostgresClient, options: NotifierOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Starts to listen and to poll, for a process that has mailboxes. */
  start(): void {
    this.#polling ??= this.#poll();
    if (!this.#client.pooler) this.#listening ??= this.#listen();
  }

  add(mailbox: MailboxSubscriber): void {
    this.#mailboxes.add(mailbox);
  }

  /** Calls back whenever events may have come, of whatever partition. Returns what ends that. */
  subscribe(listener: () => void): () => void {
    this.start();
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  remove(mailbox: MailboxSubscriber): void {
    this.#mailboxes.delete(mailbox);
  }

  /** The mailboxes of this process that wait for such events. */
  idleMailboxes(partition: number, types: readonly string[]): MailboxSubscriber[] {
    return [...this.#mailboxes].filter((mailbox) =>
      mailbox.isIdle && mailbox.partition === partition &&
      mailbox.types.some((type) => types.includes(type))
    );
  }

  /** Events have come: notifies the mailboxes of this process but for some, and with `others` those of other processes. */
  notify(
    partitions: Iterable<number>,
    types: readonly string[],
    others: boolean,
    alreadyNotified: readonly MailboxSubscriber[] = [],
  ): void {
    for (const partition of partitions) {
      for (const type of types) {
        this.#notifyLocal(partition, type, alreadyNotified);
        if (others) this.#pending.add(`${partition}:${type}`);
      }
    }
    for (const listener of this.#listeners) listener();
    if (this.#pending.size > 0) this.#sending ??= this.#send();
  }

  /** Tells all nodes, this one too, that something has changed that a round of leases finds. */
  notifyLeases(): void {
    this.#options.onLeases?.();
    this.#pending.add(LEASES);
    this.#sending ??= this.#send();
  }

  notifyAll(): void {
    for (const mailbox of this.#mailboxes) mailbox.notify();
    for (const listener of this.#listeners) listener();
  }

  #notifyLocal(partition: number, type: string, alreadyNotified: readonly MailboxSubscriber[] = []): void {
    for (const mailbox of this.#mailboxes) {
      const wants = mailbox.partition === partition && (type === "*" || mailbox.types.includes(type));
      if (wants && !alreadyNotified.includes(mailbox)) mailbox.notify();
    }
  }

  async #send(): Promise<void> {
    // What is pending is taken in a turn of its own: whoever called still has to keep that this is under way.
    await delayOrAbort(this.#sendAt - performance.now(), this.#ended.signal);
    this.#sendAt = performance.now() + SEND_EVERY_MS;
    const joined = [...this.#pending].join(",");
    this.#pending.clear();
    this.#sending = undefined;
    const payload = `${this.#options.node} ${joined.length > LONGEST_PAYLOAD ? "*" : joined}`;
    // A notification needs no disk write; the events it is of are committed already.
    await this.#client.run((sql) =>
      sql`select set_config('synchronous_commit', 'off', true), pg_notify(${CHANNEL}, ${payload})`
    ).catch(() => {});
  }

  #onNotification(payload: string): void {
    const [node, notices] = payload.split(" ") as [string, string];
    if (node === this.#options.node) return;
    if (notices === "*") {
      this.#options.onLeases?.();
      return this.notifyAll();
    }
    for (const listener of this.#listeners) listener();
    for (const notice of notices.split(",")) {
      if (notice === LEASES) {
        this.#options.onLeases?.();
        continue;
      }
      const [partition, type] = notice.split(":") as [string, string];
      this.#notifyLocal(Number(partition), type);
    }
  }

  /** Listens on a connection of its own. Every (re)connection notifies all: notifications may have been missed. */
  async #listen(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const sql = this.#client.openSession();
      // Nothing else tells that this connection stays on a server that takes no writes any more, or leads nowhere.
      const redial = this.#client.redial;
      try {
        await sql.listen(CHANNEL, (payload) => this.#onNotification(payload), () => this.notifyAll());
        // Not AbortSignal.any: Deno 2.6 collects such a signal, and its listeners with it, when nothing else holds it.
        await Promise.race([aborted(signal), aborted(redial)]);
      } catch {
        await delayOrAbort(500, signal);
      }
      await sql.end({ timeout: 0 }).catch(() => {});
    }
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
    // One that is not idle looks for itself before it is.
    const feeds = [...this.#mailboxes].filter(({ isIdle }) => isIdle).flatMap((
      { partition, types, checkpoint },
    ) => types.map((type) => ({ partition, type, checkpoint })));
    if (feeds.length === 0) return;
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
