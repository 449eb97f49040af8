/** Passes as the suite plays them: two processors in one feed, of which the second handles what the first made. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox } from "../../backends/mailbox/mailbox.ts";
import type { PassFeed, PassFetched, PassSettlement } from "../../backends/mailbox/pass.ts";
import { decodeLines, type Delivery, encodeLines, outputLine, storeRow } from "../../schema/delivery_line.ts";
import { parseLine } from "../../schema/delivery_line.ts";
import type { WireEvent } from "../../schema/events.ts";
import { anEvent, casesIn } from "../support/events.ts";
import { collect, type Fixture, INTAKE } from "./fixture.ts";
import type { NodeOptions } from "./harness.ts";
import { outputOf } from "./outcomes.ts";

export const ANALYSIS = { name: "analysis", version: 1, takes: ["case.analysis", "case.payment_missed"] };
const SPECS = [INTAKE, ANALYSIS];

interface PassSetup {
  readonly backend: Backend;
  readonly cases: readonly string[];
  readonly mailboxes: readonly Mailbox[];
  readonly feed: PassFeed;
  fetch(): Promise<PassFetched>;
  commit(settlement: PassSettlement): Promise<string>;
  /** Asserts that nothing is left to be delivered. */
  assertDone(): Promise<void>;
}

/** Both processors in a feed of partition 0, with intakes of cases there; undefined where the store has no passes. */
export async function setUp(
  fixture: Fixture,
  cases: number,
  options: NodeOptions = {},
): Promise<PassSetup | undefined> {
  const backend = await fixture.harness.backend("first", options);
  const mailboxes = await Promise.all(
    SPECS.map(async (spec) => (await fixture.mailboxes(backend, spec))[0]!),
  );
  const feed = mailboxes[0]!.passes?.open(0);
  if (feed === undefined) return undefined;
  feed.setMembers(mailboxes.map((mailbox, i) => ownerOf(mailbox, SPECS[i]!.takes)));
  const ids = casesIn(0, backend.partitions, cases);
  await backend.append(ids.map((caseId) => anEvent(caseId, 1)));
  return {
    ...{ backend, cases: ids, mailboxes, feed },
    fetch: () => fixture.waitFor("a fetch", feed.fetch(fixture.signal)),
    commit: (settled) => fixture.waitFor("a commit", feed.commit(settled, fixture.signal)),
    assertDone: async () => {
      for (const mailbox of mailboxes) await fixture.read(mailbox).assertNoBatch();
    },
  };
}

function ownerOf({ processor, partition, epoch }: Mailbox, types: readonly string[]) {
  return { processor, partition, epoch, types };
}

export function deliveriesOf({ lines }: PassFetched): Delivery[] {
  return decodeLines(lines).map(parseLine);
}

interface Made {
  /** Outputs of each line, beside its analysis. */
  readonly extra?: number;
  /** Default: the second one handled what was made. */
  readonly isChained?: boolean;
  readonly timers?: PassSettlement["timers"];
}

/** What a pass comes to in which the first processor answers every intake with analyses, which the second handles. */
export function settlementOf(
  fetched: PassFetched,
  { extra = 0, isChained = true, timers = [] }: Made = {},
): PassSettlement {
  const heads = new Map<string, number>();
  const deliveries = deliveriesOf(fetched).filter(({ event }) => event.event_type === "case.intake");
  for (const { event, version } of deliveriesOf(fetched)) heads.set(event.correlation_id, version);
  const lines = deliveries.flatMap((delivery) =>
    Array.from({ length: 1 + extra }, (_, index) => {
      const output = outputOf(delivery, index);
      const version = heads.get(output.correlation_id)! + 1;
      heads.set(output.correlation_id, version);
      return outputLine(storeRow(output, 0), version);
    })
  );
  const moves = fetched.parts.map((part, i) => ({
    ...part,
    isChained: i === 1 && isChained && lines.length > 0,
  }))
    .filter(({ from, to, isChained }) => to > from || isChained);
  const outputTypes: Record<string, number> = lines.length > 0 ? { "case.analysis": lines.length } : {};
  return { moves, outputs: encodeLines(lines), outputTypes, timers };
}

export async function historyOf(backend: Backend, caseId: string): Promise<string[]> {
  return (await collect(backend.readCase(caseId))).map(({ version, event }) =>
    `${version} ${event.event_type}`
  );
}

export const analysisOf = (caseId: string, n = 7): WireEvent => anEvent(caseId, n, "case.analysis");
