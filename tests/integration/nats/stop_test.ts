/** A node that is asked to stop while its nats-server is gone or does not answer: it ends by its deadline. @module */
import { assert, assertLess } from "@std/assert";
import { Program } from "../../support/program.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";

const silences = {
  "does not answer": (server: TestNats) => Deno.kill(server.pid, "SIGSTOP"),
  "is gone": (server: TestNats) => server.kill9(),
};

/** Far beyond what it was given to stop, for a busy machine; without a deadline of its own it would wait for ever. */
const ENDS_WITHIN_MS = 30_000;

for (const [kind, flags] of Object.entries({ idle: [], busy: ["--simulate", "200/sec"] })) {
  for (const [what, silence] of Object.entries(silences)) {
    natsTest(`a node that is ${kind} when its server ${what} ends within --stop-within`, async () => {
      await using server = await startNats();
      const store = ["--backend", "nats", "--url", server.url, "--workers", "1", "--port", "0"];
      await using node = Program.start(["start", ...store, "--stop-within", "3s", ...flags]);
      await node.serving();
      await silence(server);
      const asked = performance.now();
      node.signal("SIGTERM");
      const { code, err } = await node.ended();
      assertLess(performance.now() - asked, ENDS_WITHIN_MS, err);
      assert(code === 0 || code === 1, err);
    });
  }
}
