/**
 * What is promised of a store without atomic batches: a settlement or an append that is cut off between two messages
 * loses nothing, doubles nothing and keeps the order. @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { type Backend, BackendAway } from "../../backends/backend.ts";
import type { Batch, Settlement } from "../../backends/mailbox.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import type { Summary } from "../../console/summary.ts";
import { storeRow } from "../../schema/stored_event.ts";
import { Random } from "../../simulators/random.ts";
import { deadOf, deliveries, outputOf, settlement, timerOf } from "../conformance/outcomes.ts";
import { anEvent } from "../support/events.ts";
import { LoopbackProxy } from "../support/loopback_proxy.ts";
import { startNats } from "../support/nats_server.ts";
import { brokenRules, readEvents } from "../support/nats_store_check.ts";
import { eitherOldNats } from "../support/old_nats.ts";
import { Program } from "../support/program.ts";

const { program, test } = await eitherOldNats();
const PROCESSOR = { name: "intake", version: 1, takes: ["case.intake"] };

/** A node that can be cut off, as by its end, before it writes a message whose protocol line begins so: the nth of them. */
async function brokenNode(url: string) {
  const proxy = new LoopbackProxy(Number(new URL(url).port));
  const node = { url: `nats://127.0.0.1:${proxy.port}`, partitions: 1, allowWeaker: true, node: "one" };
  const backend = await openNats({ ...node, deadlineMs: 300 });
  return {
    backend,
    cutBefore(line: string, nth = 1): void {
      proxy.tamper = (sent) => {
        const at = new TextDecoder("latin1").decode(sent).indexOf(line);
        if (at < 0 || --nth > 0) return;
        // What the server is told after this is nothing that it knows, so it ends the connection.
        sent.fill("!".charCodeAt(0), at);
        proxy.swallow();
      };
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await backend.close();
    },
  };
}

async function firstBatch(backend: Backend, signal: AbortSignal) {
  for await (const mailbox of backend.mailboxes(PROCESSOR, signal)) {
    for await (const batch of mailbox.batches(signal)) return { mailbox, batch };
  }
  throw new Error("There is no batch");
}

/** Two events have an output each, a third sets a timer, and a fourth is given up. */
function settled(batch: Batch): Settlement {
  const [first, second, third, fourth] = deliveries(batch);
  const outputs = [first!, second!].map((delivery) => storeRow(outputOf(delivery), 0));
  const due = anEvent(third!.event.correlation_id, 9, "case.term_expired");
  return settlement({ outputs, timers: [timerOf("term", 0, due, 0)], exceptions: [deadOf(fourth!)] });
}

/** Where it is cut off, and how many outputs are stored by then. */
const PLACES: [where: string, line: string, outputs: number][] = [
  ["the second of its outputs", "HPUB cases.0.analysis.case-2 ", 1],
  ["its timers", "HPUB cases-run.timer.", 2],
  ["its dead letters", "HPUB cases-run.parked.", 2],
  ["its checkpoint", "HPUB cases-run.ckpt.intake.0 ", 2],
];

for (const [where, line, outputs] of PLACES) {
  test(`a settlement that is cut off before ${where} is done again whole, and nothing of it twice (I1, I2, I3)`, async () => {
    await using server = await startNats({ program: program!, syncAlways: false });
    const stop = new AbortController();
    {
      await using broken = await brokenNode(server.url);
      await broken.backend.append(["case-1", "case-2", "case-3", "case-4"].map((id) => anEvent(id, 1)));
      const { mailbox, batch } = await firstBatch(broken.backend, stop.signal);
      broken.cutBefore(line);
      const cut = mailbox.settle(batch, settled(batch)).then(() => "settled", () => "cut off");
      await mailbox.close();
      assertEquals(await cut, "cut off");
    }
    const backend = await openNats({ url: server.url, allowWeaker: true, node: "one" });
    try {
      assertEquals((await readEvents(server.url)).length, 4 + outputs);
      const { mailbox, batch } = await firstBatch(backend, stop.signal);
      assertEquals(
        deliveries(batch).map(({ attempt }) => attempt),
        [1, 1, 1, 1],
        "the checkpoint had not moved",
      );
      await mailbox.settle(batch, settled(batch));
      while ((await backend.health()).timers > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      const events = await readEvents(server.url);
      const ids = events.map(({ id }) => id);
      assertEquals([ids.length, new Set(ids).size], [7, 7]);
      const versions = events.filter(({ caseId }) => caseId === "case-2").map(({ version }) => version);
      assertEquals(versions, [1, 2]);
      const [letter, ...others] = await backend.deadLetters.list();
      assertEquals([letter!.caseId, letter!.attempts, letter!.failures.length, others], ["case-4", 1, 1, []]);
    } finally {
      stop.abort();
      await backend.close();
    }
  });
}

test("an append that is cut off between two events is completed by the same call (I1, I2)", async () => {
  await using server = await startNats({ program: program!, syncAlways: false });
  const events = [1, 2, 3, 4].map((n) => anEvent("case-1", n));
  {
    await using broken = await brokenNode(server.url);
    await broken.backend.append([anEvent("case-2", 1)]);
    broken.cutBefore("HPUB cases.0.intake.case-1 ", 3);
    await assertRejects(() => broken.backend.append(events), BackendAway);
  }
  const backend = await openNats({ url: server.url, allowWeaker: true });
  try {
    const { stored, duplicates } = await backend.append(events);
    assertEquals([stored, duplicates], [2, 2]);
    const story = await Array.fromAsync(backend.readCase("case-1"));
    assertEquals(
      story.map(({ event, version }) => [event.event_id, version]),
      events.map((e, i) => [e.event_id, i + 1]),
    );
  } finally {
    await backend.close();
  }
});

const CASES = 1_000;
const ROUNDS = 5;

test("kill -9 of node and server in the middle of work loses, doubles and reorders nothing", async () => {
  await using server = await startNats({ program: program!, syncAlways: false });
  const seed = Deno.env.get("ZAAKSTROOM_TEST_SEED") ?? crypto.randomUUID();
  const random = new Random(seed, "kills");
  const feed = ["--count", `${CASES}`, "--seed", seed, "--from", new Date().toISOString(), "--until-idle"];
  const store = ["--backend", "nats", "--url", server.url, "--allow-weaker", "--node", "doomed"];
  const start = () => Program.start(["start", ...store, "--port", "0", "--json", ...feed], { asNode: true });
  for (let round = 0; round < ROUNDS; round++) {
    await using node = start();
    await node.serving();
    await new Promise((resolve) => setTimeout(resolve, random.below(500)));
    await server.kill9();
    await server.start();
    await new Promise((resolve) => setTimeout(resolve, random.below(500)));
    await node.kill9();
  }
  await using last = start();
  const { code, out, err } = await last.ended();
  assertEquals(code, 0, err);
  const { ledger, accepted, dead } = JSON.parse(out) as Summary;
  assertEquals([ledger.balanced, accepted, dead], [true, CASES, 0], `seed ${seed}`);
  const events = await readEvents(server.url);
  assertEquals(brokenRules(events).slice(0, 5), [], `seed ${seed}`);
  assertEquals(events.filter(({ type }) => type === "case.intake").length, CASES);
});
