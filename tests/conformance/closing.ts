/** Conformance: stopping, at any moment and as often as anybody likes. @module */
import { assertEquals } from "@std/assert";
import type { ConformanceCase } from "./harness.ts";
import { INTAKE } from "./world.ts";

export const closingCases: ConformanceCase[] = [
  {
    name: "close() of a node is legal before anything was done, and twice",
    async run({ harness }) {
      const backend = await harness.backend();
      await backend.close();
      await backend.close();
    },
  },
  {
    name: "close() of a node ends mailboxes() and batches() that wait",
    async run(world) {
      const { backend, feed } = await world.scene(1, 0);
      const more = backend.mailboxes(INTAKE, world.signal)[Symbol.asyncIterator]().next();
      await feed.silence(20);
      await Promise.all([backend.close(), backend.close()]);
      await feed.end();
      assertEquals((await world.within("the end of mailboxes()", more)).done, true);
      assertEquals(feed.mailbox.revoked.aborted, true);
    },
  },
  {
    name: "close() of a mailbox ends its feed while it waits, and is legal twice",
    async run(world) {
      const { feed } = await world.scene(1, 0);
      await feed.silence(20);
      await Promise.all([feed.mailbox.close(), feed.mailbox.close()]);
      await feed.end();
      await feed.mailbox.close();
    },
  },
  {
    name: "close() of a mailbox is legal with a batch in hand, which the next owner is given (I1)",
    async run(world) {
      const { backend, feed } = await world.scene(1, 2);
      const batch = await feed.next();
      await feed.mailbox.close();
      const again = world.open((await world.mailboxes(backend, INTAKE, 1))[0]!);
      assertEquals((await again.next()).lines, batch.lines);
    },
  },
  {
    name: "the signal of batches() ends the feed while it waits, and the mailbox stays held",
    async run(world) {
      const { feed } = await world.scene(1, 0);
      await feed.silence(20);
      feed.stop();
      await feed.end();
      assertEquals(feed.mailbox.revoked.aborted, false);
    },
  },
  {
    name: "a signal that has aborted before the start gives nothing",
    async run(world) {
      const { backend, feed: { mailbox } } = await world.scene(1, 1);
      const aborted = AbortSignal.abort();
      assertEquals(await Array.fromAsync(mailbox.batches(aborted)), []);
      assertEquals(await Array.fromAsync(backend.mailboxes({ ...INTAKE, name: "other" }, aborted)), []);
    },
  },
  {
    name: "the signal of mailboxes() ends the giving out, while it waits too",
    async run(world) {
      const { backend } = await world.scene(1, 0);
      const stop = new AbortController();
      const more = backend.mailboxes(INTAKE, stop.signal)[Symbol.asyncIterator]().next();
      await world.harness.advance(20);
      stop.abort();
      assertEquals((await world.within("the end of mailboxes()", more)).done, true);
    },
  },
];
