/** What an acknowledgement means, in words at the start and in /health, and --require-durable, which refuses less. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { describeDurability } from "../../../backends/nats/operations/durability.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";
import { assertRefused, Program, runHere } from "../../support/program.ts";

Deno.test("words and verdict follow from replicas and what is known of the disk", () => {
  const verdicts = [
    describeDurability(1, undefined),
    describeDurability(1, true),
    describeDurability(3, undefined),
    describeDurability(3, true),
  ];
  assertEquals(verdicts.map(({ survivesPowerFailure }) => survivesPowerFailure), [false, true, true, true]);
  assertMatch(verdicts[0]!.durability, /may be lost when its machine loses power .*two minutes/);
  assertMatch(verdicts[2]!.durability, /majority of 3 servers/);
});

natsTest(
  "one server that syncs now and then is told of at the start and in /health, and refused by --require-durable",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const flags = ["--backend", "nats", "--url", server.url];
    const refused = await runHere(["cases", "list", ...flags, "--require-durable"]);
    assertRefused(refused, exitCodes.unusable, /^Not durable enough for --require-durable: .*sync_interval/);
    const asserted = await runHere(["cases", "list", ...flags, "--require-durable", "--nats-sync-always"]);
    assertEquals(asserted.code, 0, asserted.err);
    await using node = Program.start(["start", ...flags, "--port", "0"], { asNode: true });
    const address = await node.serving();
    assertMatch(node.err.text, /may be lost when its machine loses power/);
    assertMatch((await (await fetch(`${address}health`)).json()).durability, /two minutes/);
    node.signal("SIGTERM");
    assertEquals((await node.ended()).code, 0);
  },
);

Deno.test("a PostgreSQL without fsync is refused by --require-durable", async () => {
  await using server = await startPostgres({ fsync: false });
  const url = await server.freshStore();
  const refused = await runHere(["cases", "list", "--url", url, "--require-durable"]);
  assertRefused(refused, exitCodes.unusable, /^Not durable enough for --require-durable: .*fsync is off$/);
  assertEquals((await runHere(["cases", "list", "--url", url])).code, 0);
});
