/** Conformance: processors that are handed again what they have done. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import type { RewindProgress } from "../../../backends/rewinds.ts";
import { STORE_TRAIL } from "../../../backends/dead_letters.ts";
import { Fenced, type Mailbox } from "../../../backends/mailbox/mailbox.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { anEvent, casesIn, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { collect, type Fixture, INTAKE } from "../fixture.ts";
import type { MailboxReader } from "../mailbox_reader.ts";
import { deadOf, deliveries, type Delivery, outputOf, settlement, timerOf } from "../outcomes.ts";

const ACT = { by: "jansen", why: "a mistake in version 1" };

/** What a version of the processor makes of an event: `made` is said in it. */
function outputBy(version: number, delivery: Delivery, made: string, index = 0): WireEvent {
  const { metadata, data, ...output } = outputOf(delivery, index);
  return {
    ...output,
    data: { ...data, made },
    metadata: { ...metadata, source: `intake@${version}` },
  };
}

/** Settles the next batch with these outputs. */
async function settleWith(reader: MailboxReader, outputs: (delivery: Delivery) => WireEvent[]) {
  const batch = await reader.next();
  const rows = deliveries(batch).flatMap(outputs).map((event) => storeRow(event, reader.mailbox.partition));
  await reader.mailbox.settle(batch, settlement({ outputs: rows }));
  return deliveries(batch);
}

/** A store with events 1 … each of a case, the feed of its partition, and where the mailboxes of its processor come from. */
async function begin(fixture: Fixture, each: number) {
  const backend = await fixture.harness.backend();
  const [caseId] = casesIn(0, backend.partitions, 1) as [string];
  await backend.append(someEvents(caseId, each));
  const mailboxes = backend.mailboxes(INTAKE, fixture.signal)[Symbol.asyncIterator]();
  const found: Mailbox[] = [];
  while (found.length < backend.partitions) found.push(await nextOf(fixture, mailboxes));
  const reader = fixture.read(found.find(({ partition }) => partition === 0)!);
  return { backend, caseId, mailboxes, reader };
}

async function nextOf(fixture: Fixture, mailboxes: AsyncIterator<Mailbox>): Promise<Mailbox> {
  return (await fixture.waitFor("a mailbox", mailboxes.next())).value;
}

/** Rewinds to the event at this index of the log, and waits for the mailbox of the next owner. */
async function rewoundReader(
  fixture: Fixture,
  { backend, mailboxes, reader }: Awaited<ReturnType<typeof begin>>,
  index: number,
) {
  const { position } = (await collect(backend.readAll()))[index]!;
  const result = await backend.rewinds.rewind(INTAKE.name, position, ACT);
  assertEquals(result, { kind: "rewound", partitions: 1 });
  await reader.waitForEnd();
  await reader.mailbox.close();
  return fixture.read(await nextOf(fixture, mailboxes));
}

async function progressOf({ rewinds }: Backend) {
  return await rewinds.progress(INTAKE.name) as [RewindProgress, ...RewindProgress[]];
}

const versionsOf = (done: readonly Delivery[]) => done.map(({ version }) => version);

export const rewindCases: ConformanceCase[] = [
  {
    name:
      "a rewound processor is handed again what it had done from there on, in order, and then what is new",
    async run(fixture) {
      const setup = await begin(fixture, 3);
      await setup.reader.settleNext();
      await setup.backend.append([anEvent(setup.caseId, 4)]);
      const again = await rewoundReader(fixture, setup, 1);
      assertEquals(versionsOf(await again.settleNext()), [2, 3], "what it had done, and nothing else");
      assertEquals(versionsOf(await again.settleNext()), [4]);
      await again.assertNoBatch();
      const [entry] = await setup.backend.audit(STORE_TRAIL);
      assertEquals([entry?.act, entry?.by, entry?.processor], ["rewind", "jansen", INTAKE.name]);
      assert(entry!.why.endsWith(ACT.why));
    },
  },
  {
    name: "a batch that was in hand when its processor was rewound is not settled (I5)",
    async run(fixture) {
      const { backend, reader, caseId } = await begin(fixture, 2);
      await reader.settleNext();
      await backend.append([anEvent(caseId, 3)]);
      const batch = await reader.next();
      await backend.rewinds.rewind(INTAKE.name, 1, ACT);
      await assertRejects(() => reader.mailbox.settle(batch, settlement()), Fenced);
    },
  },
  {
    name:
      "a redelivery stores what is new, and leaves what is stored as it is, counted where it differs (I2)",
    async run(fixture) {
      const setup = await begin(fixture, 2);
      await settleWith(setup.reader, (delivery) => [outputBy(1, delivery, "before")]);
      const again = await rewoundReader(fixture, setup, 0);
      await settleWith(again, (delivery) => [
        outputBy(2, delivery, delivery.version === 1 ? "before" : "otherwise"),
        ...(delivery.version === 2 ? [outputBy(2, delivery, "more", 1)] : []),
      ]);
      const stored = await collect(setup.backend.readCase(setup.caseId));
      assertEquals(stored.map(({ event: { data, metadata } }) => [data.made, metadata.source]).slice(2), [
        ["before", "intake@1"],
        ["before", "intake@1"],
        ["more", "intake@2"],
      ]);
      const [{ partition, checkpoint, redeliversTo, differences }] = await progressOf(setup.backend);
      assertEquals([partition, differences], [0, 1]);
      assert(redeliversTo > 0 && checkpoint >= redeliversTo);
    },
  },
  {
    name:
      "a redelivery leaves timers as they are: what was set then has fired, moved or been cancelled since",
    async run(fixture) {
      const setup = await begin(fixture, 1);
      await setup.reader.settleNext();
      const again = await rewoundReader(fixture, setup, 0);
      const batch = await again.next();
      const timer = timerOf("deadline", Date.UTC(2100, 0), anEvent(setup.caseId, 9), 0);
      await again.mailbox.settle(batch, settlement({ timers: [timer] }));
      assertEquals((await setup.backend.health()).timers, 0);
      await setup.backend.append([anEvent(setup.caseId, 2)]);
      const next = await again.next();
      await again.mailbox.settle(next, settlement({ timers: [timer] }));
      assertEquals((await setup.backend.health()).timers, 1, "what is new sets its timers");
    },
  },
  {
    name: "a redelivery that fails is parked, and what it makes at its next try is judged as a redelivery's",
    async run(fixture) {
      const setup = await begin(fixture, 2);
      await settleWith(setup.reader, (delivery) => [outputBy(1, delivery, "before")]);
      const again = await rewoundReader(fixture, setup, 0);
      await again.settleNext(({ attempt }) => attempt === 1 ? { retryAfterMs: 1 } : "done");
      await settleWith(again, (delivery) => [outputBy(2, delivery, "otherwise")]);
      assertEquals((await collect(setup.backend.readCase(setup.caseId))).length, 4);
      assertEquals((await progressOf(setup.backend))[0].differences, 2);
    },
  },
  {
    name:
      "a processor is not rewound behind deliveries that wait, and one that has done nothing there not at all",
    async run(fixture) {
      const { backend, reader } = await begin(fixture, 1);
      assertEquals(await backend.rewinds.rewind(INTAKE.name, 1, ACT), { kind: "rewound", partitions: 0 });
      const batch = await reader.next();
      await reader.mailbox.settle(batch, settlement({ failures: [deadOf(deliveries(batch)[0]!)] }));
      assertEquals(await backend.rewinds.rewind(INTAKE.name, 1, ACT), { kind: "waiting", deliveries: 1 });
      assertEquals(await backend.rewinds.rewind("nobody", 1, ACT), { kind: "rewound", partitions: 0 });
      assertEquals(
        (await progressOf(backend)).map(({ redeliversTo }) => redeliversTo > 0).includes(true),
        false,
      );
      assertEquals(await backend.rewinds.progress("nobody"), []);
    },
  },
  {
    name: "a pass takes no redelivery: a rewound processor works alone until it has caught up",
    async run(fixture) {
      const setup = await begin(fixture, 2);
      await setup.reader.settleNext();
      const again = await rewoundReader(fixture, setup, 0);
      const { mailbox } = again;
      assert(mailbox.crashedOwner !== undefined, "it is as if its owner had died");
      const feed = mailbox.passes?.open(mailbox.partition);
      feed?.setMembers([{ ...ownerOf(mailbox), types: INTAKE.takes }]);
      const kind = async () => feed === undefined ? undefined : (await feed.fetch(fixture.signal)).kind;
      assert([undefined, "plain"].includes(await kind()));
      await again.settleNext();
      assert([undefined, "empty"].includes(await kind()));
      feed?.setMembers([]);
    },
  },
];

function ownerOf({ processor, partition, epoch }: MailboxReader["mailbox"]) {
  return { processor, partition, epoch };
}
