import { assertEquals } from "@std/assert";
import { notifySettings } from "../../../../console/node/service_manager.ts";

const settings = (variables: Record<string, string>) => notifySettings((name) => variables[name]);

Deno.test("without a socket in the environment there is no service manager", () => {
  assertEquals(settings({}), undefined);
  assertEquals(settings({ NOTIFY_SOCKET: "", WATCHDOG_USEC: "1000000" }), undefined);
});

Deno.test("signs of life are sent twice as often as they are asked for", () => {
  const socket = "/run/systemd/notify";
  assertEquals(settings({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: "30000000" }), {
    socket,
    watchdogMs: 15_000,
  });
  assertEquals(settings({ NOTIFY_SOCKET: socket }), { socket, watchdogMs: undefined });
  assertEquals(settings({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: "often" }), {
    socket,
    watchdogMs: undefined,
  });
});
