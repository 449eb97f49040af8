/** Deliveries that end the whole process, on a real store, under a real guardian. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import type { WireEvent } from "../../schema/events.ts";
import { type MisbehavingAct, misbehavingEvent } from "../support/misbehaving/processor.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";

const CASES = Array.from({ length: 8 }, (_, i) => `case-${i}`);
const ACTS: Record<string, MisbehavingAct> = {
  "case-1/2": "kill_process",
  "case-3/2": "blow_heap",
  "case-6/3": "escape",
};

function intakes(): WireEvent[] {
  return [1, 2, 3].flatMap((n) => CASES.map((caseId) => misbehavingEvent(caseId, n, ACTS[`${caseId}/${n}`])));
}

/** Runs the guarded node until it ends; returns what was said, line by line. */
async function runUnderGuardian(url: string): Promise<string[]> {
  const path = new URL("../support/misbehaving/deadly_node.ts", import.meta.url).pathname;
  const args = ["run", "--quiet", "--no-check", "--allow-all", path, url];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(code, 0, lines.join("\n"));
  return lines;
}

Deno.test("what kills the process is found, given up on, and crash-loops nobody (I1, I3, I4, I7)", async () => {
  await using server = await startPostgres({ fsync: false });
  const url = await server.freshDatabase();
  const backend = await openPostgres({ url, migrate: "apply", partitions: 2 });
  try {
    await backend.append(intakes());
    const lines = await runUnderGuardian(url);
    const letters = await backend.deadLetters.list();
    const given = letters.map(({ caseId, failures }) => [caseId, failures.map((failure) => failure.class)]);
    const twice = ["NodeDied", "NodeDied"];
    assertEquals(Object.fromEntries(given), { "case-1": twice, "case-3": twice, "case-6": ["WorkerDied"] });
    const answers: Record<string, unknown[]> = Object.fromEntries(CASES.map((caseId) => [caseId, []]));
    for await (const { event } of backend.readAll({ types: ["case.analysis"] })) {
      answers[event.correlation_id]!.push(event.data.n);
    }
    const whole = Object.fromEntries(CASES.map((caseId) => [caseId, [1, 2, 3]]));
    assertEquals(answers, { ...whole, "case-1": [1], "case-3": [1], "case-6": [1, 2] });
    // Each kills two times among others and two times alone, and the thread that spins takes one process.
    const starts = lines.filter((line) => line === "started").length;
    assert(starts <= 11, `${starts} starts`);
    const idle = Number(/^idle (.*)$/.exec(lines.at(-1)!)![1]);
    assertLess(idle, 0.3, "no thread spins on in the process that was left");
  } finally {
    await backend.close();
  }
});
