/** Answers that are lost half way: what a connection leaves behind must not end up in the next answer. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { FaultProxy } from "../../../simulators/proxy/fault_proxy.ts";
import { PostgresWire } from "../../../simulators/proxy/postgres_wire.ts";
import { anEvent } from "../../support/events.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

Deno.test("an answer that broke off after its row leaves nothing behind for the next one", async () => {
  await using server = await startPostgres({ fsync: false });
  const database = new URL(await server.freshDatabase());
  const target = { hostname: "127.0.0.1", port: server.port };
  await using proxy = new FaultProxy(target, (filterOf) => new PostgresWire(filterOf));
  database.port = String(proxy.port);
  const backend = await openPostgres({ url: database.href, migrate: "apply", connections: 1 });
  let lost = 0;
  // The row of the answer arrives, and the word that it was the last one does not.
  proxy.rules.filter = { request: () => "pass", reply: () => lost++ === 0 ? "lose" : "pass" };
  try {
    await assertRejects(() => backend.append([anEvent("case-1", 1)]), BackendUnavailable);
    assertEquals(await backend.append([anEvent("case-1", 1)]), {
      stored: 0,
      duplicates: 1,
      position: 1,
      version: 1,
    });
    assertEquals(lost, 2);
  } finally {
    await backend.close();
  }
});

Deno.test("a full disk is told as such, and passes", async () => {
  await using server = await startPostgres({ fsync: false });
  const database = new URL(await server.freshDatabase());
  const target = { hostname: "127.0.0.1", port: server.port };
  await using proxy = new FaultProxy(target, (filterOf) => new PostgresWire(filterOf));
  database.port = String(proxy.port);
  const backend = await openPostgres({ url: database.href, migrate: "apply", connections: 1 });
  proxy.rules.filter = { request: () => "fill_up", reply: () => "pass" };
  try {
    await assertRejects(() => backend.append([anEvent("case-1", 1)]), BackendUnavailable, "disk full");
    proxy.rules.filter = undefined;
    assertEquals((await backend.append([anEvent("case-1", 1)])).stored, 1);
  } finally {
    await backend.close();
  }
});
