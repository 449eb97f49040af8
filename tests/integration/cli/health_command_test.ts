/** `health`: a node's answer and an exit code, for probes. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, Program, runHere } from "../../support/program.ts";

Deno.test("health prints what a node answers, and ends with 0 while it is well", async () => {
  const args = ["start", "--backend", "memory", "--host", "0.0.0.0", "--port", "0", "--workers", "1"];
  await using program = Program.start(args);
  const { port } = new URL(await program.serving());
  const { code, out } = await runHere(["health", "--host", "0.0.0.0", "--port", port]);
  assertEquals(code, exitCodes.ok);
  assertMatch(out, /"status": "ok"/);
});

Deno.test("health ends with 1 when the node answers that it is not well", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response('{"status":"stuck"}', { status: 503 }),
  );
  const seen = await runHere(["health", "--port", `${server.addr.port}`]);
  assertEquals([seen.code, seen.out], [exitCodes.failed, '{"status":"stuck"}']);
});

Deno.test("health ends with 4 where nothing answers", async () => {
  const seen = await runHere(["health", "--port", "1"]);
  assertRefused(seen, exitCodes.unavailable, /^No node answers at http:\/\/127\.0\.0\.1:1\/health/);
});
