/** nats-server is killed under load: nothing that was acknowledged is lost, nothing is done twice or out of order. @module */
import { assert, assertEquals } from "@std/assert";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { untilAnswered } from "../../backends/patience.ts";
import { consume, Journal } from "../conformance/journal.ts";
import { anEvent } from "../support/events.ts";
import { startNats } from "../support/nats_server.ts";

const ROUNDS = 4;
const CASES = 20;

Deno.test("a server that is killed under load loses nothing and repeats nothing (I1, I2, I3)", async () => {
  await using server = await startNats();
  const stop = new AbortController();
  let away = 0;
  const options = {
    url: server.url,
    stream: "CRASH",
    partitions: 4,
    leaseMs: 1_000,
    batchSize: 7,
    deadlineMs: 1_000,
  };
  const backend = await openNats({ ...options, onAway: (error) => void (error && away++) });
  const journal = new Journal();
  const ids: string[] = [];
  const consuming = consume(backend, journal, stop.signal);
  const publishing = (async () => {
    for (let n = 1; n <= 40; n++) {
      const events = Array.from({ length: CASES }, (_, i) => anEvent(`case-${i}`, n));
      await untilAnswered(() => backend.append(events), stop.signal);
      ids.push(...events.map(({ event_id }) => event_id));
    }
  })();
  for (let round = 1; round <= ROUNDS; round++) {
    const wanted = round * 60;
    await until(() => journal.done.length >= wanted);
    await server.kill9();
    await server.start();
  }
  await publishing;
  await until(() => journal.done.length >= ids.length);
  const outputs = await Array.fromAsync(backend.readAll({ types: ["case.analysis"] }));
  stop.abort();
  await consuming;
  await backend.close();
  journal.assertOnceInOrder(ids);
  assertEquals(outputs.length, ids.length, "one output each");
  assertEquals(new Set(outputs.map(({ event }) => event.event_id)).size, ids.length);
  assert(away > 0, "The server was away while it was needed");
});

/** Looks every few milliseconds; the test's own time limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
