/**
 * Wake-ups: a mailbox that found nothing waits for its bell. Bells ring by what this process appends, by NOTIFY from
 * other processes, and, as the safety net for every notice that got lost, by a slow poll.
 *
 * A NOTIFY inside the appending transaction would serialise all commits of the server, so it is sent after the commit,
 * gathered over a few milliseconds; it is a hint, and losing one costs at most a poll interval.
 * @module
 */
import type { Bell } from "../bell.ts";
import { pause } from "../patience.ts";
import { connect, type PostgresClient, type PostgresTarget, type Sql } from "./client.ts";
import type { Pulled, PullRequest } from "./puller.ts";

const CHANNEL = "zaakstroom";
/** Notices are gathered this long, in milliseconds. */
const GATHER_MS = 5;
/** Every so many polls all bells ring: what a poll does not look for (a redriven dead letter) is then found too. */
const POLLS_TO_RING_ALL = 15;
/** The longest payload PostgreSQL takes is 8,000 bytes. */
const LONGEST_PAYLOAD = 7_900;

/** A mailbox that can be woken. */
export interface Sleeper extends PullRequest {
  /** It has nothing, and waits for its bell. */
  readonly isAsleep: boolean;
  /** How far it has read. */
  readonly checkpoint: number;
  readonly bell: Bell;
  /** Takes a place for a batch that it may be handed; undefined when it is awake, or would have to wait for one. */
  reserve(): (() => void) | undefined;
  /** Wakes it with its next batch, if it still sleeps; otherwise its bell rings, and the place is given back. */
  hand(pulled: Pulled, leave: () => void): void;
}

interface WakesOptions {
  node: string;
  /** Between two polls, in milliseconds. */
  pollMs: number;
}

export class Wakes {
  readonly #sleepers = new Set<Sleeper>();
  readonly #notices = new Set<string>();
  readonly #ended = new AbortController();
  readonly #client: PostgresClient;
  readonly #options: WakesOptions;
  #sending: Promise<void> | undefined;
  #listening: Promise<void> | undefined;
  #polling: Promise<void> | undefined;

  constructor(client: PostgresClient, options: WakesOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Starts to listen and to poll, for a process that has mailboxes. */
  start(target: PostgresTarget): void {
    this.#polling ??= this.#poll();
    if (!target.pooler) this.#listening ??= this.#listen(target);
  }

  add(sleeper: Sleeper): void {
    this.#sleepers.add(sleeper);
  }

  remove(sleeper: Sleeper): void {
    this.#sleepers.delete(sleeper);
  }

  /** The mailboxes of this process that sleep until such events come. */
  asleep(partition: number, types: readonly string[]): Sleeper[] {
    return [...this.#sleepers].filter((sleeper) =>
      sleeper.isAsleep && sleeper.partition === partition &&
      sleeper.types.some((type) => types.includes(type))
    );
  }

  /**
   * Tells the mailboxes of this process, but for those who know it, and with `others` those of other processes, that
   * events have come.
   */
  announce(
    partitions: Iterable<number>,
    types: readonly string[],
    others: boolean,
    told: readonly Sleeper[] = [],
  ): void {
    for (const partition of partitions) {
      for (const type of types) {
        this.#ring(partition, type, told);
        if (others) this.#notices.add(`${partition}:${type}`);
      }
    }
    if (this.#notices.size > 0) this.#sending ??= this.#send();
  }

  ringAll(): void {
    for (const sleeper of this.#sleepers) sleeper.bell.ring();
  }

  #ring(partition: number, type: string, told: readonly Sleeper[] = []): void {
    for (const sleeper of this.#sleepers) {
      const wants = sleeper.partition === partition && (type === "*" || sleeper.types.includes(type));
      if (wants && !told.includes(sleeper)) sleeper.bell.ring();
    }
  }

  async #send(): Promise<void> {
    await pause(GATHER_MS, this.#ended.signal);
    const joined = [...this.#notices].join(",");
    this.#notices.clear();
    this.#sending = undefined;
    const payload = `${this.#options.node} ${joined.length > LONGEST_PAYLOAD ? "*" : joined}`;
    // A notice needs no disk write; the events it tells of are committed already.
    await this.#client.run((sql) =>
      sql`select set_config('synchronous_commit', 'off', true), pg_notify(${CHANNEL}, ${payload})`
    ).catch(() => {});
  }

  #heard(payload: string): void {
    const [node, notices] = payload.split(" ") as [string, string];
    if (node === this.#options.node) return;
    if (notices === "*") return this.ringAll();
    for (const notice of notices.split(",")) {
      const [partition, type] = notice.split(":") as [string, string];
      this.#ring(Number(partition), type);
    }
  }

  /** Listens on a connection of its own. After every (re)connection all bells ring: notices may have been missed. */
  async #listen(target: PostgresTarget): Promise<void> {
    const sql = connect(target, 1);
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await sql.listen(CHANNEL, (payload) => this.#heard(payload), () => this.ringAll());
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      } catch {
        await pause(500, signal);
      }
    }
    await sql.end({ timeout: 0 }).catch(() => {});
  }

  async #poll(): Promise<void> {
    const { signal } = this.#ended;
    for (let n = 1;; n++) {
      await pause(this.#options.pollMs, signal);
      if (signal.aborted) return;
      if (n % POLLS_TO_RING_ALL === 0) this.ringAll();
      else if (this.#sleepers.size > 0) await this.#pollOnce().catch(() => {});
    }
  }

  async #pollOnce(): Promise<void> {
    const feeds = [...this.#sleepers].flatMap(({ partition, types, checkpoint }) =>
      types.map((type) => ({ partition, type, checkpoint }))
    );
    const found = await this.#client.run((sql) => feedsWithNews(sql, JSON.stringify(feeds)));
    for (const { partition, type } of found) this.#ring(partition, type);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#sending, this.#listening, this.#polling]);
  }
}

function feedsWithNews(sql: Sql, feeds: string) {
  return sql<{ partition: number; type: string }[]>`
    select distinct f.partition, f.type
    from json_to_recordset(${feeds}::text::json) as f (partition smallint, type text, checkpoint bigint)
    where exists (select from zaakstroom.events e
      where e.partition = f.partition and e.type = f.type and e.position > f.checkpoint)`;
}
