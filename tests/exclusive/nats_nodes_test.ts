/** Two nodes compete for sixteen partitions on JetStream; one of them is stopped for longer than its leases run. @module */
import { assert, assertEquals } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import type { Backend } from "../../backends/backend.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import { generateCases } from "../../simulators/case_generator.ts";
import { natsTest } from "../support/servers/requires_nats.ts";
import { startNats } from "../support/servers/nats_server.ts";
import {
  brokenRules,
  CheckpointReader,
  type PlainCheckpoint,
  readEvents,
} from "../support/nats_store_check.ts";
import { Program } from "../support/program.ts";

const LEASE_MS = 2_000;
/** Beyond the time that a lease runs, until another node has it. */
const TAKEOVER_MS = 500;
const CASES = 6_000;
const AT_ONCE = 50;
/** Between two appends: enough to be at work all the time, and not so much that the machine is what is measured. */
const PACE_MS = 40;
/** Four processors have sixteen mailboxes each; a node has half of them. */
const HALF = 32;
const POLL_MS = 10;
/** One look and the wait before the next, at most, on a machine that has time. */
const AT_REST_MS = 40;

function startNode(url: string, name: string): Program {
  const store = ["--backend", "nats", "--url", url, "--lease", `${LEASE_MS}ms`];
  return Program.start(["start", ...store, "--node", name, "--port", "0", "--json"], { asNode: true });
}

/**
 * Looks until something holds of the mailboxes; the test's own time limit ends it. Answers by how much looking took longer
 * than it does on a machine at rest, in all: nothing there, and seconds where others take its cores.
 */
async function until(
  mailboxes: CheckpointReader,
  holds: (mailboxes: readonly PlainCheckpoint[]) => boolean,
): Promise<number> {
  for (let late = 0;;) {
    const before = performance.now();
    if (holds(await mailboxes.read().catch(() => []))) return late;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    late += Math.max(0, performance.now() - before - AT_REST_MS);
  }
}

const owned = (mailboxes: readonly PlainCheckpoint[], owner: string) =>
  mailboxes.filter((mailbox) => mailbox.owner === owner).length;

async function feed(backend: Backend): Promise<void> {
  const events = [...generateCases({ seed: "compete", count: CASES, from: new Date().toISOString() })].map((
    { event },
  ) => withTwoDecimals(event));
  for (let start = 0; start < CASES; start += AT_ONCE) {
    await backend.append(events.slice(start, start + AT_ONCE));
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}

/** Resolves when nothing is left to do for anybody. */
async function idle(backend: Backend): Promise<void> {
  while (!(await backend.health()).mailboxes.every(({ pending, retrying }) => pending + retrying === 0)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

natsTest(
  "a node that is stopped beyond its leases is replaced within half a second of their end, and does no harm when it goes on (I1, I2, I3, I5)",
  async () => {
    await using server = await startNats({ syncAlways: false });
    await using one = startNode(server.url, "one");
    await using two = startNode(server.url, "two");
    await Promise.all([one.serving(), two.serving()]);
    const connection = await connect({ servers: server.url });
    const mailboxes = new CheckpointReader(connection);
    const feeder = await openNats({ url: server.url, deadlineMs: 60_000 });
    try {
      await until(mailboxes, (all) => owned(all, "one") === HALF && owned(all, "two") === HALF);
      const feeding = feed(feeder);
      feeding.catch(() => {});
      await until(
        mailboxes,
        (all) => all.some(({ checkpoint, owner }) => checkpoint > 0 && owner === "two"),
      );
      two.signal("SIGSTOP");
      const stopped = performance.now();
      const late = await until(mailboxes, (all) => owned(all, "one") === 2 * HALF);
      const takeoverMs = performance.now() - stopped;
      two.signal("SIGCONT");
      const reported = `takeover took ${Math.round(takeoverMs)} ms, the machine was ${
        Math.round(late)
      } ms late`;
      assert(takeoverMs <= LEASE_MS + TAKEOVER_MS + late, reported);
      await until(mailboxes, (all) => owned(all, "two") === HALF);
      await feeding;
      await idle(feeder);
      const events = await readEvents(server.url);
      assertEquals(brokenRules(events).slice(0, 5), []);
      assertEquals(events.filter(({ type }) => type === "case.intake").length, CASES);
    } finally {
      await feeder.close();
      await connection.close();
    }
  },
);
