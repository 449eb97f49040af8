import { assertEquals } from "@std/assert";
import { BackendUnavailable } from "../../../../../backends/errors.ts";
import type { FetchResult, MailboxSubscriber } from "../../../../../backends/mailbox/mailbox_store.ts";
import type { Settlement } from "../../../../../backends/mailbox/mailbox.ts";
import { PrioritySemaphore } from "../../../../../backends/primitives/priority_semaphore.ts";
import type { PostgresClient } from "../../../../../backends/postgres/connection/client.ts";
import type { Sql } from "../../../../../backends/postgres/connection/pool.ts";
import { Notifier } from "../../../../../backends/postgres/mailbox/notifier.ts";
import { settleGroup } from "../../../../../backends/postgres/mailbox/settle_group.ts";
import type { SettleRequest } from "../../../../../backends/postgres/mailbox/settle_one.ts";

const bytes = (text: string) => Object.assign(new TextEncoder().encode(text), { toString: () => text });
/** A row of a fetch as the client gives it out: one delivery behind position 5. */
const ROW = [bytes("fresh"), bytes("1"), bytes("5"), bytes("6"), null, bytes("6\t…")];
const SETTLED = [{ verdict: "settled" }];

/** A database that answers each statement by the number of columns that it asks for, and keeps what was asked. */
function databaseOf(
  { hasRecipients, refuses = false, isLocked = false }: {
    hasRecipients: boolean;
    refuses?: boolean;
    isLocked?: boolean;
  },
) {
  const asked: string[] = [];
  const sql = (strings: TemplateStringsArray) => {
    const statement = strings.join("");
    asked.push(
      / as verdict/.test(statement) ? "one" : /next_due_ms/.test(statement) ? "group and fetch" : "group",
    );
    const fetched = refuses ? [] : [ROW];
    const answer = Promise.resolve(
      / as verdict/.test(statement) ? SETTLED : hasRecipients ? fetched : [{ settled: !refuses }],
    );
    return Object.assign(answer, { raw: () => answer });
  };
  const run = <T>(ask: (sql: Sql) => T) => ask(sql as unknown as Sql);
  const lock = new BackendUnavailable("locked", { cause: { code: "55P03" } });
  const runOnce = <T>(ask: (sql: Sql) => T) =>
    isLocked ? (asked.push("locked"), Promise.reject(lock)) : run(ask);
  const client = { run, runOnce } as unknown as PostgresClient;
  return { client, asked };
}

/** An idle mailbox of partition 3 that takes analyses, and what it was handed. */
function idleMailbox(semaphore: PrioritySemaphore) {
  const delivered: FetchResult[] = [];
  const mailbox: MailboxSubscriber = {
    ...{ processor: "next", partition: 3, epoch: 7, types: ["case.analysis"], checkpoint: 0, isIdle: true },
    limits: { batchSize: 10, batchBytes: 1_000 },
    notify: () => {},
    tryReserve: () => semaphore.tryAcquire(false),
    deliver: (result) => void delivered.push(result),
  };
  return { mailbox, delivered };
}

function requestOf(partition = 3): SettleRequest {
  const owner = { processor: "intake", partition, epoch: 1, types: ["case.intake"] };
  const batch = { kind: "fresh", lines: bytes("1\t…"), count: 1, from: 0, to: 1 } as const;
  const settlement: Settlement = {
    outputs: new Uint8Array(),
    outputTypes: { "case.analysis": 1 },
    failures: [],
    timers: [],
  };
  return { owner, batch, settlement };
}

async function settle(requests: SettleRequest[], database: Parameters<typeof databaseOf>[0], capacity = 1) {
  const { client, asked } = databaseOf(database);
  const semaphore = new PrioritySemaphore(1);
  if (capacity === 0) semaphore.tryAcquire();
  const { mailbox, delivered } = idleMailbox(semaphore);
  const notifier = new Notifier(client, { node: "here", pollMs: 1e8 });
  notifier.add(mailbox);
  const alone: number[] = [];
  const onAlone = ({ owner }: SettleRequest) => {
    alone.push(owner.partition);
    return Promise.resolve({ verdict: "settled" as const });
  };
  const replies = await Promise.all(await settleGroup(client, notifier, requests, onAlone));
  return { asked, delivered, replies, mailbox, semaphore, alone };
}

Deno.test("a settlement brings back what it made for an idle mailbox, in the same statement", async () => {
  const { asked, delivered, replies, mailbox } = await settle([requestOf()], { hasRecipients: true });
  assertEquals(asked, ["group and fetch"]);
  assertEquals(delivered.map((result) => result.kind === "fetched" && result.batch?.from), [5]);
  assertEquals(replies, [{ verdict: "settled", alreadyNotified: [mailbox] }]);
});

Deno.test("where there is no room for what would be read, nothing is read (I6)", async () => {
  const { asked, delivered } = await settle([requestOf()], { hasRecipients: false }, 0);
  assertEquals([asked, delivered], [["one"], []]);
});

Deno.test("a settlement whose outputs no idle mailbox takes brings back nothing", async () => {
  const { asked, delivered } = await settle([requestOf(4), requestOf(5)], { hasRecipients: false });
  assertEquals([asked, delivered], [["group"], []]);
});

Deno.test("a group of which one can't be settled hands over nothing, gives its permits back, and each settles by itself", async () => {
  const { asked, delivered, replies, semaphore } = await settle([requestOf(), requestOf(4)], {
    hasRecipients: true,
    refuses: true,
  });
  assertEquals([asked, delivered, semaphore.inUse], [["group and fetch", "one", "one"], [], 0]);
  assertEquals(replies.map(({ verdict }) => verdict), ["settled", "settled"]);
});

Deno.test("a group of which something else holds a row gives its permits back, and nothing waits for the one that is held", async () => {
  const { asked, delivered, alone, semaphore } = await settle([requestOf(), requestOf(4)], {
    hasRecipients: true,
    isLocked: true,
  });
  assertEquals([asked, delivered, semaphore.inUse, alone], [["locked"], [], 0, [3, 4]]);
});
