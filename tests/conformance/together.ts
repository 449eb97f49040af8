/** Conformance: several mailboxes of a node at the same moment, which a backend may serve together. @module */
import { assertEquals, assertRejects } from "@std/assert";
import type { Backend, ProcessorSpec } from "../../backends/backend.ts";
import type { Batch, Settlement } from "../../backends/mailbox.ts";
import { storeRow } from "../../schema/stored_event.ts";
import { anEvent, casesIn } from "../support/events.ts";
import type { Feed } from "./feed.ts";
import type { ConformanceCase } from "./harness.ts";
import { deliveries, outputOf, settlement } from "./outcomes.ts";
import { all, idsOf, INTAKE, type World } from "./world.ts";

/** A mailbox with a batch in hand. */
interface Held {
  readonly feed: Feed;
  readonly batch: Batch;
  readonly caseId: string;
}

/** Every mailbox of a node, each with a batch of one delivery in hand. */
async function heldEverywhere(world: World, backend: Backend): Promise<Held[]> {
  const cases = Array.from({ length: backend.partitions }, (_, p) => casesIn(p, backend.partitions, 1)[0]!);
  await backend.append(cases.map((caseId) => anEvent(caseId, 1)));
  const feeds = (await world.mailboxes(backend)).map((mailbox) => world.open(mailbox));
  return await Promise.all(feeds.map(async (feed, partition) => {
    return { feed, batch: await feed.next(), caseId: cases[partition]! };
  }));
}

function oneOutput({ batch, feed }: Held): Settlement {
  const outputs = deliveries(batch).map((delivery) => storeRow(outputOf(delivery), feed.mailbox.partition));
  return settlement({ outputs });
}

function settle(held: Held): Promise<void> {
  return held.feed.mailbox.settle(held.batch, oneOutput(held));
}

async function assertStories(backend: Backend, held: readonly Held[], types: readonly string[]) {
  for (const { caseId } of held) {
    const story = await all(backend.readCase(caseId));
    assertEquals(story.map(({ event }) => event.event_type), types);
    assertEquals(story.map(({ version }) => version), story.map((_, i) => i + 1));
  }
}

const DONE = ["case.intake", "case.analysis"];

const NEXT: ProcessorSpec = { name: "next", version: 1, takes: ["case.analysis", "case.withdrawn"] };
const ROUNDS = 30;

/** Settles one intake after the other, each of which gives an output, while somebody else adds to the same cases. */
async function addInTurns(backend: Backend, intake: Feed, cases: readonly string[]): Promise<void> {
  const others = (async () => {
    for (let n = 1; n <= ROUNDS; n++) {
      await backend.append([anEvent(cases[n % cases.length]!, n, "case.withdrawn")]);
    }
  })();
  for (let n = 1; n <= ROUNDS; n++) {
    await backend.append([anEvent(cases[n % cases.length]!, n)]);
    const batch = await intake.next();
    await settle({ feed: intake, batch, caseId: "" });
  }
  await others;
}

export const togetherCases: ConformanceCase[] = [
  {
    name:
      "what a settlement made reaches whoever waits for it, once and in order, whoever else adds (I1, I3)",
    async run(world) {
      const backend = await world.harness.backend();
      const next = await world.feed(backend, 0, NEXT);
      const intake = await world.feed(backend);
      const added = world.run(addInTurns(backend, intake, casesIn(0, backend.partitions, 3)));
      const seen = await next.playMany(2 * ROUNDS);
      await added;
      const stored = await all(backend.readAll());
      const wanted = stored.filter(({ event }) => NEXT.takes.includes(event.event_type));
      assertEquals(seen.map(({ event }) => event.event_id), idsOf(wanted));
      await next.silence();
    },
  },
  {
    name: "mailboxes that settle at the same moment each settle their own, and once (I2)",
    async run(world) {
      const backend = await world.harness.backend();
      const held = await heldEverywhere(world, backend);
      await settle(held[0]!);
      await Promise.all([...held, ...held].map(settle));
      await assertStories(backend, held, DONE);
      await Promise.all(held.map(({ feed }) => feed.silence()));
    },
  },
  {
    name: "a mailbox that has moved is refused, and those that settle at the same moment are not (I5)",
    async run(world) {
      const first = await world.harness.backend("first");
      const held = await heldEverywhere(world, first);
      const moved = held.at(-1)!;
      const second = world.mailboxes(await world.harness.backend("second"), INTAKE, 1);
      await world.until("the lease is to be handed over", () => moved.feed.mailbox.revoked.aborted);
      await moved.feed.mailbox.close();
      await second;
      const stay = held.slice(0, -1);
      const settled = Promise.all(stay.map(settle));
      // Fenced, or closed: whichever a backend sees first.
      await assertRejects(() => settle(moved));
      await settled;
      await assertStories(first, stay, DONE);
      await assertStories(first, [moved], DONE.slice(0, 1));
    },
  },
  {
    name: "timers that are set at the same moment each fire in their own case",
    async run(world) {
      const backend = await world.harness.backend();
      const held = await heldEverywhere(world, backend);
      await Promise.all(held.map((each) => {
        const [delivery] = deliveries(each.batch);
        const { event_id, timestamp: at, correlation_id: caseId } = delivery!.event;
        const row = storeRow(
          { ...anEvent(caseId, 2, "case.term_expired"), timestamp: at },
          each.feed.mailbox.partition,
        );
        const timer = { kind: "set", processor: "intake", caseId, name: event_id, at, row } as const;
        return each.feed.mailbox.settle(each.batch, settlement({ timers: [timer] }));
      }));
      await world.until("all have fired", async () => {
        const fired = (await all(backend.readAll())).filter(({ event }) =>
          event.event_type === "case.term_expired"
        );
        return fired.length === held.length;
      });
      await assertStories(backend, held, ["case.intake", "case.term_expired"]);
    },
  },
];
