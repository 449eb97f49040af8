/**
 * The parked-case machine exists twice, as pure functions (`backends/settlement`) and as SQL. Random histories of failures,
 * retries, dead letters, redrives, discards, slices and settlements that come twice are played through both: they must agree
 * on what is delivered, in which order, and on what is parked, due and dead.
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import postgres from "postgres";
import type { Backend } from "../../../backends/backend.ts";
import { type Batch, sliceBatch } from "../../../backends/mailbox/batch.ts";
import { type LeaseStore, WHOLE_PARTITION } from "../../../backends/mailbox/lease_store.ts";
import type { FailedDelivery, Settlement } from "../../../backends/mailbox/mailbox.ts";
import type { MailboxOwner, MailboxStore } from "../../../backends/mailbox/mailbox_store.ts";
import { MemoryLeaseStore } from "../../../backends/memory/lease_store.ts";
import { MemoryMailboxStore } from "../../../backends/memory/mailbox_store.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../backends/memory/memory_store.ts";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { PostgresLeaseStore } from "../../../backends/postgres/mailbox/leases.ts";
import { Notifier } from "../../../backends/postgres/mailbox/notifier.ts";
import { PostgresMailboxStore } from "../../../backends/postgres/mailbox/store.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import {
  deadOf,
  deliveries,
  type Delivery,
  heldOf,
  retryOf,
  settlement,
} from "../../conformance/outcomes.ts";
import { anEvent } from "../../support/events.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

const HISTORIES = 40;
const HOUR_MS = 3_600_000;
const LONG_LEASE_MS = 1e8;
const CASES = ["case-a", "case-b", "case-c"];
const LIMITS = { batchSize: 500, batchBytes: 1_000_000 };
const OPERATOR = { by: "ann", why: "test" };
const TYPES = ["case.intake"];

type PlannedOutcome = "done" | "retry now" | "retry later" | "dead";

/** `last slice`: only the end of a redelivery is settled, as if what is before it had been done. */
type Way = "whole" | "in slices" | "last slice";

type Step =
  | { kind: "append"; cases: number[] }
  | { kind: "settle"; outcomes: PlannedOutcome[]; way: Way; cut: number; again: PlannedOutcome[] | undefined }
  | { kind: "redrive" | "discard"; of: number }
  | { kind: "an hour passes" };

/** One of the two machines, with a mailbox of its own. */
interface Machine {
  readonly store: MailboxStore;
  readonly owner: MailboxOwner;
  readonly backend: Backend;
  /** What waits, in order of case and position: which event, its state, attempts, whether it is due, and its failures. */
  parked(): Promise<unknown[][]>;
  passAnHour(): Promise<void>;
}

async function ownerOf(leases: LeaseStore): Promise<MailboxOwner> {
  await leases.renew(["intake"], []);
  const [lease] = await leases.acquire([{ partition: 0, scope: WHOLE_PARTITION }], ["intake"]);
  return { processor: "intake", partition: 0, epoch: lease!.epoch, types: TYPES };
}

async function pureMachine(): Promise<Machine> {
  const clock = new ManualClock();
  const shared = new MemoryStore({ partitions: 1, clock });
  shared.leases.registerProcessor("intake", TYPES);
  return {
    store: new MemoryMailboxStore(shared),
    owner: await ownerOf(new MemoryLeaseStore(shared.leases, clock, "here", LONG_LEASE_MS)),
    backend: createMemoryBackend({ shared }),
    parked() {
      const cases = [...shared.leases.of("intake")[0]!.parked].sort(([a], [b]) => a < b ? -1 : 1);
      const rows = cases.flatMap(([caseId, parked]) =>
        parked.map(({ position, state, attempts, dueAt, failures }) => {
          const isDue = state === "retry" && dueAt <= clock.now();
          return [caseId, shared.log.at(position)!.eventId, state, attempts, isDue, failures];
        })
      );
      return Promise.resolve(rows);
    },
    passAnHour: () => clock.advance(HOUR_MS),
  };
}

/** The database, emptied for each history. */
async function sqlMachine(
  url: string,
  sql: postgres.Sql,
  client: PostgresClient,
  backend: Backend,
): Promise<Machine> {
  await sql`truncate zaakstroom.events, zaakstroom.parked_deliveries, zaakstroom.subscriptions, zaakstroom.leases, zaakstroom.event_log`;
  const leases = new PostgresLeaseStore(client, url, LONG_LEASE_MS);
  return {
    owner: await ownerOf(leases),
    store: new PostgresMailboxStore(client, new Notifier(client, { node: url, pollMs: 1e8 }), leases),
    backend,
    async parked() {
      const rows = await sql`select case_id, event_id, state, attempts, failures,
        state = 'retry' and due_at <= clock_timestamp() as is_due
        from zaakstroom.parked_deliveries order by case_id, position`;
      return rows.map((
        { case_id, event_id, state, attempts, is_due, failures },
      ) => [case_id, event_id, state, attempts, is_due, failures]);
    },
    passAnHour: async () =>
      void await sql`update zaakstroom.parked_deliveries set due_at = due_at - interval '1 hour'`,
  };
}

/** What a worker makes of a slice; the cases that failed before it in the batch are held. */
function settlementOf(
  slice: Batch,
  outcomes: readonly PlannedOutcome[],
  failedCases: Set<string>,
): Settlement {
  const failures = deliveries(slice).flatMap((delivery, i) => {
    const isHeld = delivery.held || failedCases.has(delivery.event.correlation_id);
    const failure = isHeld ? heldOf(delivery) : failureOf(delivery, outcomes[i % outcomes.length]!);
    if (failure !== undefined) failedCases.add(delivery.event.correlation_id);
    return failure ?? [];
  });
  return settlement({ failures });
}

function failureOf(delivery: Delivery, outcome: PlannedOutcome): FailedDelivery | undefined {
  if (outcome === "done") return undefined;
  return outcome === "dead" ? deadOf(delivery) : retryOf(delivery, outcome === "retry now" ? 0 : HOUR_MS / 2);
}

function slicesOf(batch: Batch, way: Way, cut: number): Batch[] {
  const at = cut % batch.count;
  if (way === "whole" || at === 0) return [batch];
  const last = sliceBatch(batch, at, batch.count);
  return way === "last slice" && batch.kind === "redelivery" ? [last] : [sliceBatch(batch, 0, at), last];
}

/** Everything that can be seen of a step. */
async function play(machine: Machine, step: Step, appended: number[]): Promise<unknown> {
  const { backend } = machine;
  switch (step.kind) {
    case "append":
      return (await backend.append(step.cases.map((i, n) => anEvent(CASES[i]!, appended[i]! + n)))).stored;
    case "redrive":
    case "discard":
      return await backend.deadLetters[step.kind]({ caseId: CASES[step.of]! }, OPERATOR);
    case "an hour passes":
      return await machine.passAnHour();
    case "settle":
      return await playSettle(machine, step);
  }
}

async function playSettle(
  { store, owner }: Machine,
  step: Extract<Step, { kind: "settle" }>,
): Promise<unknown> {
  const fetched = await store.fetch(owner, LIMITS);
  if (fetched.kind === "fenced" || fetched.batch === undefined) return fetched.kind;
  const { batch } = fetched;
  const failedCases = new Set<string>();
  const statuses: string[] = [];
  for (const slice of slicesOf(batch, step.way, step.cut)) {
    statuses.push(await store.commit(owner, slice, settlementOf(slice, step.outcomes, failedCases)));
  }
  if (step.again !== undefined) {
    statuses.push(await store.commit(owner, batch, settlementOf(batch, step.again, new Set())));
  }
  const seen = deliveries(batch).map(({ event, attempt, held }) => [event.event_id, attempt, held]);
  return { kind: batch.kind, seen, statuses };
}

const outcomes = fc.array(
  fc.constantFrom<PlannedOutcome>("done", "done", "retry now", "retry later", "dead"),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const someCase = fc.nat({ max: CASES.length - 1 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      cases: fc.array(someCase, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      outcomes,
      way: fc.constantFrom<Way>("whole", "in slices", "last slice"),
      cut: fc.nat({ max: 5 }),
      again: fc.option(outcomes, { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("redrive" as const, "discard" as const), of: someCase }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "an hour passes" as const }) },
);

async function assertAgreement(pure: Machine, sql: Machine, history: readonly Step[]): Promise<void> {
  let n = 1;
  for (const [i, step] of history.entries()) {
    const numbers = CASES.map(() => n);
    n += 10;
    const [expected, actual] = [await play(pure, step, numbers), await play(sql, step, numbers)];
    assertEquals(actual, expected, `step ${i}: ${JSON.stringify(step)}`);
    assertEquals(await sql.parked(), await pure.parked(), `parked after step ${i}: ${JSON.stringify(step)}`);
  }
  for (const caseId of CASES) {
    const [expected, actual] = [await pure.backend.audit(caseId), await sql.backend.audit(caseId)];
    const facts = ({ act, by, why, eventId }: typeof expected[number]) => [act, by, why, eventId];
    assertEquals(actual.map(facts), expected.map(facts), `trail of ${caseId}`);
  }
}

Deno.test("the SQL and the pure machine agree on every history of parked cases (I1, I3, I4)", async () => {
  await using server = await startPostgres({ fsync: false });
  const url = await server.freshStore(1);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const client = new PostgresClient({ url });
  const backend = await openPostgres({ url });
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 30, size: "max" }), async (history) => {
        const pure = await pureMachine();
        await assertAgreement(pure, await sqlMachine(url, sql, client, backend), history);
        await pure.backend.close();
      }),
      { numRuns: HISTORIES },
    );
  } finally {
    await backend.close();
    await client.close();
    await sql.end();
  }
});
