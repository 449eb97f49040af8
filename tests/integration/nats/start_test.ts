/** The commands on JetStream. @module */
import { assertEquals } from "@std/assert";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { run } from "../../support/program.ts";

natsTest(
  "cases go from simulate through start to the end on JetStream, and the ledger balances",
  async () => {
    await using server = await startNats();
    const flags = ["--backend", "nats", "--url", server.url, "--json"];
    const fed = await run(["simulate", ...flags, "--count", "100"]);
    assertEquals([fed.code, JSON.parse(fed.out).cases], [0, 100], fed.err);
    const { code, out, err } = await run([
      "start",
      ...flags,
      "--count",
      "200",
      "--until-idle",
      "--port",
      "0",
    ]);
    const { accepted, ledger, dead } = JSON.parse(out);
    assertEquals([code, accepted, ledger.balanced, dead], [0, 200, true, 0], err);
    const listed = await run(["cases", "list", ...flags, "--limit", "5"]);
    assertEquals(JSON.parse(listed.out).cases.length, 5);
  },
);
