/** A workflow and its child in another case, on a node that is killed whenever it has forwarded something and not settled that. @module */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { startNats } from "../../support/servers/nats_server.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const node = fileURLToPath(new URL("../../support/workflow/hearing_node.ts", import.meta.url));

async function run(...args: readonly string[]) {
  const { signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", node, ...args],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(120_000),
  }).output();
  const decoder = new TextDecoder();
  return { signal, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function killAndResume(url: string): Promise<void> {
  for (const type of ["case.child_started", "case.child_ended"]) {
    const { signal, err } = await run(url, type);
    assertEquals(signal, "SIGKILL", err);
  }
  const { out, err } = await run(url);
  assertEquals(out.trim().split("\n"), [
    "intervention_requested addressed child_ended review_requested",
    "child_started review_requested addressed",
  ], err);
}

Deno.test("what cases send to each other arrives once, though its node is killed each time, on PostgreSQL", async () => {
  await using server = await startPostgres();
  await killAndResume(await server.freshDatabase());
});

natsTest(
  "what cases send to each other arrives once, though its node is killed each time, on JetStream",
  async () => {
    await using server = await startNats();
    await killAndResume(server.url);
  },
);
