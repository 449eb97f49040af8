/** Conformance: what an owner that died left behind, so that a delivery that kills its process is found. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Fenced, type InFlightMark } from "../../../backends/mailbox/mailbox.ts";
import type { MailboxReader } from "../mailbox_reader.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deliveries } from "../outcomes.ts";
import type { Fixture } from "../fixture.ts";

async function setUpMark(fixture: Fixture): Promise<{ reader: MailboxReader; mark: InFlightMark }> {
  const { reader } = await fixture.setUp(2, 2, { renews: false });
  const positions = deliveries(await reader.next()).map(({ position }) => position);
  return { reader, mark: { first: positions[0]!, last: positions.at(-1)!, exclusive: false } };
}

async function takeOver(fixture: Fixture): Promise<MailboxReader> {
  return await fixture.reader(await fixture.harness.backend("second"));
}

export const inFlightMarkCases: ConformanceCase[] = [
  {
    name: "who takes over from an owner that died is told what it had begun (I7)",
    async run(fixture) {
      const { reader, mark } = await setUpMark(fixture);
      assertEquals(reader.mailbox.crashedOwner, undefined, "nobody had it before");
      await reader.mailbox.markInFlight(mark);
      const second = await takeOver(fixture);
      assertEquals(second.mailbox.crashedOwner, { inFlight: mark });
      assertEquals((await second.next()).count, 4, "a mark takes nothing out of the feed");
    },
  },
  {
    name: "of several marks the last one counts",
    async run(fixture) {
      const { reader, mark } = await setUpMark(fixture);
      await reader.mailbox.markInFlight(mark);
      const alone = { first: mark.last, last: mark.last, exclusive: true };
      await reader.mailbox.markInFlight(alone);
      assertEquals((await takeOver(fixture)).mailbox.crashedOwner, { inFlight: alone });
    },
  },
  {
    name: "a settle clears the mark, and that the owner crashed is known all the same",
    async run(fixture) {
      const { reader, mark } = await setUpMark(fixture);
      await reader.mailbox.markInFlight(mark);
      await reader.settleNext();
      assertEquals((await takeOver(fixture)).mailbox.crashedOwner, {});
    },
  },
  {
    name: "a redelivery that is settled clears the mark too",
    async run(fixture) {
      const { reader } = await setUpMark(fixture);
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      const [first] = deliveries(await reader.next());
      await reader.mailbox.markInFlight({ first: first!.position, last: first!.position, exclusive: true });
      await reader.settleNext();
      assertEquals((await takeOver(fixture)).mailbox.crashedOwner, {});
    },
  },
  {
    name: "an owner that gives its lease back leaves no suspicion",
    async run(fixture) {
      const { reader, mark } = await setUpMark(fixture);
      await reader.mailbox.markInFlight(mark);
      await reader.mailbox.close();
      assertEquals((await takeOver(fixture)).mailbox.crashedOwner, undefined);
    },
  },
  {
    name: "an owner that lost its lease can't set a mark (I5)",
    async run(fixture) {
      const { reader, mark } = await setUpMark(fixture);
      await takeOver(fixture);
      await assertRejects(() => reader.mailbox.markInFlight(mark), Fenced);
      assert(reader.mailbox.revoked.aborted);
    },
  },
];
