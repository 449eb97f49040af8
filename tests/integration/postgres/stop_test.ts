/** A node that is asked to stop while its PostgreSQL does not answer: it ends by its deadline. @module */
import { assert, assertLess } from "@std/assert";
import { Program } from "../../support/program.ts";
import { freePort } from "../../support/servers/nats_server.ts";
import { signalServer, startPostgres } from "../../support/servers/postgres_server.ts";

/** Far beyond what it was given to stop, for a busy machine; without a deadline of its own it would wait for ever. */
const ENDS_WITHIN_MS = 30_000;

for (const [kind, flags] of Object.entries({ idle: [], busy: ["--simulate", "200/sec"] })) {
  Deno.test({
    name: `a node that is ${kind} when its server stops answering ends within --stop-within`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using server = await startPostgres();
      const url = await server.freshStore();
      const store = ["--backend", "postgres", "--url", url, "--workers", "1", "--port", "0"];
      await using node = Program.start(["start", ...store, "--stop-within", "3s", ...flags]);
      await node.serving();
      await signalServer(server.pid, "SIGSTOP");
      try {
        const asked = performance.now();
        node.signal("SIGTERM");
        const { code, err } = await node.ended();
        assertLess(performance.now() - asked, ENDS_WITHIN_MS, err);
        assert(code === 0 || code === 1, err);
      } finally {
        await signalServer(server.pid, "SIGCONT");
      }
    },
  });
}

const answers = (url: string) => fetch(url).then((answer) => answer.text().then(() => true), () => false);

Deno.test({
  name: "a node that is asked to stop while it still waits for its server ends within --stop-within",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startPostgres();
    const url = await server.freshStore();
    await signalServer(server.pid, "SIGSTOP");
    try {
      const port = freePort();
      const store = ["--backend", "postgres", "--url", url, "--workers", "1", "--port", `${port}`];
      await using node = Program.start(["start", ...store, "--stop-within", "2s"], { asNode: true });
      // Its probes answer while the store is still being opened.
      while (!await answers(`http://127.0.0.1:${port}/health`)) await node.nodes();
      const asked = performance.now();
      node.signal("SIGTERM");
      const { err } = await node.ended();
      assertLess(performance.now() - asked, ENDS_WITHIN_MS, err);
    } finally {
      await signalServer(server.pid, "SIGCONT");
    }
  },
});
