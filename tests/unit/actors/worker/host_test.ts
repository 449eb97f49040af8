import { assertEquals } from "@std/assert";
import { derivedIds } from "../../../../schema/ids.ts";
import { anEvent } from "../../../support/events.ts";
import { FIXED_SECRET } from "../../../support/misbehaving/fixed_ids.ts";
import { TestRuntime } from "../../../support/misbehaving/runtime.ts";

Deno.test("a processor that spies on everything in its thread never sees the secret by which its outputs get their ids", async () => {
  const entry = new URL("../../../support/spying/worker.ts", import.meta.url);
  const intake = anEvent("case-1", 1);
  const settings = { store: { secret: FIXED_SECRET }, options: { entry } };
  await using runtime = await new TestRuntime(settings).run([intake]);
  const letters = await runtime.backend.deadLetters.list();
  assertEquals(letters.flatMap(({ failures }) => failures.map(({ message }) => message)), []);
  const [, output] = await Array.fromAsync(runtime.backend.readCase("case-1"));
  const expected = derivedIds(FIXED_SECRET)(
    intake.event_id,
    Date.parse(intake.timestamp),
    "misbehaving",
    0,
  );
  assertEquals(output?.event.event_id, expected);
});

Deno.test("the first output of a worker gets its id at the first attempt", async () => {
  await using runtime = await new TestRuntime().run([anEvent("case-1", 1)]);
  assertEquals([runtime.observer.retries, runtime.observer.done], [[], 1]);
});

Deno.test("a worker whose modules take their time to load keeps what it is told meanwhile", async () => {
  const entry = new URL("../../../support/spying/worker_that_loads_slowly.ts", import.meta.url);
  await using runtime = await new TestRuntime({ options: { entry } }).run([anEvent("case-1", 1)]);
  assertEquals(runtime.observer.done, 1);
});
