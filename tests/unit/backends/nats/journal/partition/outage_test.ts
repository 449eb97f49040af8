import { assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable } from "../../../../../../backends/errors.ts";
import { Outage } from "../../../../../../backends/nats/journal/partition/outage.ts";

const unavailable = new BackendUnavailable("away");

Deno.test("who asks while the store is away is told so at the second failure, and not at one that is alone", async () => {
  const outage = new Outage();
  const { promise, resolve } = Promise.withResolvers<number>();
  const asked = outage.whileAvailable(promise);
  outage.onChange(unavailable);
  outage.onChange(undefined);
  outage.onChange(unavailable);
  resolve(7);
  assertEquals(await asked, 7);
  const rejected = assertRejects(() => outage.whileAvailable(new Promise(() => {})), BackendUnavailable);
  outage.onChange(unavailable);
  await rejected;
});
