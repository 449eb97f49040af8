/** What a settlement made reaches whoever waits for it by itself: no poll, which would find it all the same, helps here. */
import { assert, assertEquals } from "@std/assert";
import type { Batch } from "../../../../backends/mailbox/batch.ts";
import type { Mailbox } from "../../../../backends/mailbox/mailbox.ts";
import type { PassFeed } from "../../../../backends/mailbox/pass.ts";
import { openPostgres } from "../../../../backends/postgres/postgres_backend.ts";
import { storeRow } from "../../../../schema/delivery_line.ts";
import { deliveries, outputOf, settlement } from "../../../conformance/outcomes.ts";
import { anEvent, casesIn } from "../../../support/events.ts";
import { startPostgres, type TestPostgres } from "../../../support/servers/postgres_server.ts";

/** In the first half nobody else adds, and each round waits for the one before: then whoever waits sleeps. */
const ROUNDS = 50;
const QUIET = ROUNDS / 2;
const PARTITIONS = 4;

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

Deno.test("what settlements make is found without a poll, whoever else adds meanwhile (I1, I3)", async () => {
  const url = await server.freshDatabase();
  const backend = await openPostgres({ url, migrate: "apply", partitions: PARTITIONS, pollMs: 1e8 });
  const ended = AbortSignal.timeout(120_000);
  const feedOf = async (name: string, takes: string[]) => {
    for await (const mailbox of backend.mailboxes({ name, version: 1, takes }, ended)) {
      if (mailbox.partition === 0) return mailbox;
    }
    throw new Error("No mailbox was won");
  };
  const next = await feedOf("next", ["case.analysis", "case.withdrawn"]);
  const intake = await feedOf("intake", ["case.intake"]);
  const cases = casesIn(0, PARTITIONS, 3);
  const came = Array.from({ length: ROUNDS }, () => Promise.withResolvers<void>());
  const adding = (async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const others = n < QUIET ? [] : [anEvent(cases[(n + 1) % 3]!, n, "case.withdrawn")];
      await backend.append([anEvent(cases[n % 3]!, n), ...others]);
      if (n < QUIET) await came[n]!.promise;
    }
  })();
  const output = (batch: Batch) =>
    settlement({ outputs: deliveries(batch).map((each) => storeRow(outputOf(each), 0)) });
  const seen = await Promise.all([
    play(intake, ROUNDS, ended, output),
    play(next, ROUNDS + ROUNDS - QUIET, ended, () => settlement(), (n) => came[n]?.resolve()),
    adding,
  ]);
  const stored = await Array.fromAsync(backend.readAll({ types: ["case.analysis", "case.withdrawn"] }));
  assertEquals(seen[1], stored.map(({ event }) => event.event_id));
  await backend.close();
});

Deno.test("what the node's own process appends is in the next pass at once, without a poll", async () => {
  const url = await server.freshDatabase();
  const backend = await openPostgres({ url, migrate: "apply", partitions: PARTITIONS, pollMs: 1e8 });
  const ended = AbortSignal.timeout(60_000);
  const owners = [];
  let feed: PassFeed | undefined;
  for (const [processor, types] of [["intake", ["case.intake"]], ["next", ["case.analysis"]]] as const) {
    for await (const mailbox of backend.mailboxes({ name: processor, version: 1, takes: types }, ended)) {
      if (mailbox.partition !== 0) continue;
      owners.push({ processor, partition: 0, epoch: mailbox.epoch, types });
      feed ??= mailbox.passes!.open(0);
      break;
    }
  }
  feed!.setMembers(owners);
  const [caseId] = casesIn(0, PARTITIONS, 1);
  for (let n = 1; n <= 10; n++) {
    assertEquals((await feed!.fetch(ended)).kind, "empty");
    const waiting = feed!.wait(1e8, ended);
    await backend.append([anEvent(caseId!, n)]);
    await waiting;
    assert(!ended.aborted, "nothing woke it");
    const { parts, count } = await feed!.fetch(ended);
    assertEquals(count, 1);
    const moves = parts.slice(0, 1).map((part) => ({ ...part, isChained: false }));
    const settled = { moves, outputs: new Uint8Array(), outputTypes: {}, timers: [] };
    assertEquals(await feed!.commit(settled, ended), "settled");
  }
  await backend.close();
});

/** Settles batches until so many deliveries were seen, and returns their ids. */
async function play(
  mailbox: Mailbox,
  count: number,
  ended: AbortSignal,
  decide: (batch: Batch) => ReturnType<typeof settlement>,
  reported: (index: number) => void = () => {},
): Promise<string[]> {
  const seen: string[] = [];
  for await (const batch of mailbox.batches(ended)) {
    await mailbox.settle(batch, decide(batch));
    for (const { event } of deliveries(batch)) reported(seen.push(event.event_id) - 1);
    if (seen.length >= count) return seen;
  }
  throw new Error(`Only ${seen.length} of ${count} deliveries came`);
}
