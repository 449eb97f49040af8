/** Conformance: what an owner that died left behind, so that a delivery that kills its process is found. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Fenced, type InFlightMark } from "../../backends/mailbox.ts";
import type { Feed } from "./feed.ts";
import type { ConformanceCase } from "./harness.ts";
import { deliveries } from "./outcomes.ts";
import type { World } from "./world.ts";

async function scene(world: World): Promise<{ feed: Feed; trial: InFlightMark }> {
  const { feed } = await world.scene(2, 2, { renews: false });
  const positions = deliveries(await feed.next()).map(({ position }) => position);
  return { feed, trial: { first: positions[0]!, last: positions.at(-1)!, exclusive: false } };
}

async function takeOver(world: World): Promise<Feed> {
  return await world.feed(await world.harness.backend("second"));
}

export const trialCases: ConformanceCase[] = [
  {
    name: "who takes over from an owner that died is told what it had begun (I7)",
    async run(world) {
      const { feed, trial } = await scene(world);
      assertEquals(feed.mailbox.crashedOwner, undefined, "nobody had it before");
      await feed.mailbox.markInFlight(trial);
      const second = await takeOver(world);
      assertEquals(second.mailbox.crashedOwner, { inFlight: trial });
      assertEquals((await second.next()).count, 4, "a trial takes nothing out of the feed");
    },
  },
  {
    name: "of several trials the last one counts",
    async run(world) {
      const { feed, trial } = await scene(world);
      await feed.mailbox.markInFlight(trial);
      const alone = { first: trial.last, last: trial.last, exclusive: true };
      await feed.mailbox.markInFlight(alone);
      assertEquals((await takeOver(world)).mailbox.crashedOwner, { inFlight: alone });
    },
  },
  {
    name: "a settle clears the trial; that the owner died is told all the same",
    async run(world) {
      const { feed, trial } = await scene(world);
      await feed.mailbox.markInFlight(trial);
      await feed.play();
      assertEquals((await takeOver(world)).mailbox.crashedOwner, {});
    },
  },
  {
    name: "a redelivery that is settled clears the trial too",
    async run(world) {
      const { feed } = await scene(world);
      await feed.play(() => ({ retryAfterMs: 1 }));
      const [first] = deliveries(await feed.next());
      await feed.mailbox.markInFlight({ first: first!.position, last: first!.position, exclusive: true });
      await feed.play();
      assertEquals((await takeOver(world)).mailbox.crashedOwner, {});
    },
  },
  {
    name: "an owner that gives its lease back leaves no suspicion",
    async run(world) {
      const { feed, trial } = await scene(world);
      await feed.mailbox.markInFlight(trial);
      await feed.mailbox.close();
      assertEquals((await takeOver(world)).mailbox.crashedOwner, undefined);
    },
  },
  {
    name: "an owner that lost its lease can't begin a trial (I5)",
    async run(world) {
      const { feed, trial } = await scene(world);
      await takeOver(world);
      await assertRejects(() => feed.mailbox.markInFlight(trial), Fenced);
      assert(feed.mailbox.revoked.aborted);
    },
  },
];
