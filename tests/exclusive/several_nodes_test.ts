/** Nodes that join, leave and die on one store while work goes on. @module */
import { assertEquals } from "@std/assert";
import { processors } from "../../actors/application.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { appendGeneratedCases } from "../../simulators/load/case_feed.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { type LeaseHoldings, NodeGroup } from "../support/node_group.ts";
import { brokenRules } from "../support/store_check.ts";

/** Long enough for a node to renew in time on a busy machine. */
const LEASE_MS = 4_000;
const PARTITIONS = 6;
const WANTED = processors.length * PARTITIONS;
/** A busy machine may take its time; what is proved is not how fast it is. */
const WITHIN_MS = 180_000;

Deno.test("a second and a third node join, one leaves, one is killed: partitions move fairly and work goes on", async () => {
  await using server = await startPostgres();
  const url = await server.freshDatabase();
  const backend = await openPostgres({ url, migrate: "apply", partitions: PARTITIONS });
  await using nodes = new NodeGroup(
    backend,
    ["--url", url, "--lease", `${LEASE_MS}ms`, "--workers", "1"],
    WANTED,
  );
  const stop = new AbortController();
  const fed = appendGeneratedCases(backend, { seed: "nodes", perSecond: 60 }, stop.signal);
  try {
    nodes.start("first");
    const alone = (await nodes.waitUntilFair(WITHIN_MS)).holding;
    assertEquals([...alone.counts], [["first", WANTED]]);

    nodes.start("second");
    const two = (await nodes.waitUntilFair(WITHIN_MS)).holding;
    assertEquals([...two.counts.values()], [WANTED / 2, WANTED / 2]);
    // What stayed with the first node was never given up.
    assertKept("first", two, alone);

    nodes.start("third");
    const three = (await nodes.waitUntilFair(WITHIN_MS)).holding;
    assertEquals([...three.counts.values()], [WANTED / 3, WANTED / 3, WANTED / 3]);
    for (const node of ["first", "second"]) assertKept(node, three, two);

    const left = await nodes.stop("second");
    assertEquals(left.code, 0);
    // Leases were given back, not left to run out: nobody is their owner until somebody takes them.
    assertEquals((await nodes.holding()).leases("second").size, 0);
    const afterLeave = (await nodes.waitUntilFair(WITHIN_MS)).holding;
    assertEquals([...three.leases("third").difference(afterLeave.leases("third"))], []);

    await nodes.kill9("first");
    const { holding } = await nodes.waitUntilFair(WITHIN_MS);
    assertEquals([...holding.counts], [["third", WANTED]]);
    // A new epoch for each of them: should the dead one wake up, it is fenced.
    const kept = holding.leases().intersection(afterLeave.leases());
    assertEquals(kept, afterLeave.leases("third"));
  } finally {
    stop.abort();
  }
  await fed;
  await nodes.waitUntilDrained();
  assertEquals(await brokenRules(url), []);
});

/** What a node holds now it held before, under the same epoch: it was never given up in between. */
function assertKept(node: string, now: LeaseHoldings, before: LeaseHoldings): void {
  assertEquals(
    [...now.leases(node).difference(before.leases(node))],
    [],
    `leases of ${node} that need not move`,
  );
}
