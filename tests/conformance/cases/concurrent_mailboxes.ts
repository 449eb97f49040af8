/** Conformance: several mailboxes of a node at the same moment, which a backend may serve together. @module */
import { assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import type { ProcessorSpec, Settlement } from "../../../backends/mailbox/mailbox.ts";
import type { Batch } from "../../../backends/mailbox/batch.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import type { MailboxReader } from "../mailbox_reader.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deliveries, outputOf, settlement } from "../outcomes.ts";
import { collect, type Fixture, idsOf, INTAKE } from "../fixture.ts";

/** A mailbox with a batch in hand. */
interface HeldBatch {
  readonly reader: MailboxReader;
  readonly batch: Batch;
  readonly caseId: string;
}

/** Every mailbox of a node, each with a batch of one delivery in hand. */
async function heldEverywhere(fixture: Fixture, backend: Backend): Promise<HeldBatch[]> {
  const cases = Array.from({ length: backend.partitions }, (_, p) => casesIn(p, backend.partitions, 1)[0]!);
  await backend.append(cases.map((caseId) => anEvent(caseId, 1)));
  const readers = (await fixture.mailboxes(backend)).map((mailbox) => fixture.read(mailbox));
  return await Promise.all(readers.map(async (reader, partition) => {
    return { reader, batch: await reader.next(), caseId: cases[partition]! };
  }));
}

function oneOutput({ batch, reader }: HeldBatch): Settlement {
  const outputs = deliveries(batch).map((delivery) => storeRow(outputOf(delivery), reader.mailbox.partition));
  return settlement({ outputs });
}

function settle(held: HeldBatch): Promise<void> {
  return held.reader.mailbox.settle(held.batch, oneOutput(held));
}

async function assertHistories(backend: Backend, held: readonly HeldBatch[], types: readonly string[]) {
  for (const { caseId } of held) {
    const history = await collect(backend.readCase(caseId));
    assertEquals(history.map(({ event }) => event.event_type), types);
    assertEquals(history.map(({ version }) => version), history.map((_, i) => i + 1));
  }
}

const DONE = ["case.intake", "case.analysis"];

const NEXT: ProcessorSpec = { name: "next", version: 1, takes: ["case.analysis", "case.withdrawn"] };
const ROUNDS = 30;

/** Settles one intake after the other, each of which gives an output, while somebody else adds to the same cases. */
async function addAlternately(
  backend: Backend,
  intake: MailboxReader,
  cases: readonly string[],
): Promise<void> {
  const others = (async () => {
    for (let n = 1; n <= ROUNDS; n++) {
      await backend.append([anEvent(cases[n % cases.length]!, n, "case.withdrawn")]);
    }
  })();
  for (let n = 1; n <= ROUNDS; n++) {
    await backend.append([anEvent(cases[n % cases.length]!, n)]);
    const batch = await intake.next();
    await settle({ reader: intake, batch, caseId: "" });
  }
  await others;
}

export const concurrentMailboxCases: ConformanceCase[] = [
  {
    name:
      "what a settlement made reaches whoever waits for it, once and in order, whoever else adds (I1, I3)",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const next = await fixture.reader(backend, 0, NEXT);
      const intake = await fixture.reader(backend);
      const added = fixture.run(addAlternately(backend, intake, casesIn(0, backend.partitions, 3)));
      const seen = await next.settleMany(2 * ROUNDS);
      await added;
      const stored = await collect(backend.readAll());
      const wanted = stored.filter(({ event }) => NEXT.takes.includes(event.event_type));
      assertEquals(seen.map(({ event }) => event.event_id), idsOf(wanted));
      await next.assertNoBatch();
    },
  },
  {
    name: "mailboxes that settle at the same moment each settle their own, and once (I2)",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const held = await heldEverywhere(fixture, backend);
      await settle(held[0]!);
      await Promise.all([...held, ...held].map(settle));
      await assertHistories(backend, held, DONE);
      await Promise.all(held.map(({ reader }) => reader.assertNoBatch()));
    },
  },
  {
    name: "a mailbox that has moved is refused, and those that settle at the same moment are not (I5)",
    async run(fixture) {
      const first = await fixture.harness.backend("first");
      const held = await heldEverywhere(fixture, first);
      const moved = held.at(-1)!;
      const second = fixture.mailboxes(await fixture.harness.backend("second"), INTAKE, 1);
      await fixture.until("the lease is to be handed over", () => moved.reader.mailbox.revoked.aborted);
      await moved.reader.mailbox.close();
      await second;
      const stay = held.slice(0, -1);
      const settled = Promise.all(stay.map(settle));
      // Fenced, or closed: whichever a backend sees first.
      await assertRejects(() => settle(moved));
      await settled;
      await assertHistories(first, stay, DONE);
      await assertHistories(first, [moved], DONE.slice(0, 1));
    },
  },
  {
    name: "timers that are set at the same moment each fire in their own case",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const held = await heldEverywhere(fixture, backend);
      await Promise.all(held.map((each) => {
        const [delivery] = deliveries(each.batch);
        const { event_id, timestamp: at, correlation_id: caseId } = delivery!.event;
        const row = storeRow(
          { ...anEvent(caseId, 2, "case.term_expired"), timestamp: at },
          each.reader.mailbox.partition,
        );
        const timer = { kind: "set", processor: "intake", caseId, name: event_id, at, row } as const;
        return each.reader.mailbox.settle(each.batch, settlement({ timers: [timer] }));
      }));
      await fixture.until("all have fired", async () => {
        const fired = (await collect(backend.readAll())).filter(({ event }) =>
          event.event_type === "case.term_expired"
        );
        return fired.length === held.length;
      });
      await assertHistories(backend, held, ["case.intake", "case.term_expired"]);
    },
  },
];
