import { assertRejects } from "@std/assert";
import { BackendUnavailable, BackendUnusable } from "../../../../backends/errors.ts";
import { openRecords } from "../../../../backends/nats/record_backend.ts";

Deno.test("a store of records says that no server is there, and that its name is none", async () => {
  const url = "nats://127.0.0.1:1";
  await assertRejects(() => openRecords({ url }), BackendUnavailable);
  await assertRejects(() => openRecords({ url, stream: "a store" }), BackendUnusable);
});
