/** Conformance: stopping, at any moment and as often as anybody likes. @module */
import { assertEquals } from "@std/assert";
import type { ConformanceCase } from "../conformance_case.ts";
import { INTAKE } from "../fixture.ts";

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
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 0);
      const more = backend.mailboxes(INTAKE, fixture.signal)[Symbol.asyncIterator]().next();
      await reader.assertNoBatch(20);
      await Promise.all([backend.close(), backend.close()]);
      await reader.waitForEnd();
      assertEquals((await fixture.waitFor("the end of mailboxes()", more)).done, true);
      assertEquals(reader.mailbox.revoked.aborted, true);
    },
  },
  {
    name: "close() of a mailbox ends its feed while it waits, and is legal twice",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 0);
      await reader.assertNoBatch(20);
      await Promise.all([reader.mailbox.close(), reader.mailbox.close()]);
      await reader.waitForEnd();
      await reader.mailbox.close();
    },
  },
  {
    name: "close() of a mailbox is legal with a batch in hand, which the next owner is given (I1)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 2);
      const batch = await reader.next();
      await reader.mailbox.close();
      const again = fixture.read((await fixture.mailboxes(backend, INTAKE, 1))[0]!);
      assertEquals((await again.next()).lines, batch.lines);
    },
  },
  {
    name: "the signal of batches() ends the feed while it waits, and the mailbox stays held",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 0);
      await reader.assertNoBatch(20);
      reader.stop();
      await reader.waitForEnd();
      assertEquals(reader.mailbox.revoked.aborted, false);
    },
  },
  {
    name: "a signal that has aborted before the start gives nothing",
    async run(fixture) {
      const { backend, reader: { mailbox } } = await fixture.setUp(1, 1);
      const aborted = AbortSignal.abort();
      assertEquals(await Array.fromAsync(mailbox.batches(aborted)), []);
      assertEquals(await Array.fromAsync(backend.mailboxes({ ...INTAKE, name: "other" }, aborted)), []);
    },
  },
  {
    name: "the signal of mailboxes() ends the giving out, while it waits too",
    async run(fixture) {
      const { backend } = await fixture.setUp(1, 0);
      const stop = new AbortController();
      const more = backend.mailboxes(INTAKE, stop.signal)[Symbol.asyncIterator]().next();
      await fixture.harness.advance(20);
      stop.abort();
      assertEquals((await fixture.waitFor("the end of mailboxes()", more)).done, true);
    },
  },
];
