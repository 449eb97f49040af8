import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { runCommand } from "../../../../console/cli/run_command.ts";
import { rules } from "../../../../console/commands/rules.ts";
import { printed } from "../printed.ts";

async function run(...args: string[]): Promise<string> {
  const { out, output } = printed();
  assertEquals(await runCommand(rules, args, output), 0);
  return out.join("\n");
}

interface Row {
  readonly id: string;
  readonly status: string;
  readonly certainty: string;
}

Deno.test("rules due lists what has expired or ends within the days asked for, and what is unverified", async () => {
  const { figures } = JSON.parse(await run("due", "--on", "2025-12-20", "--within", "30", "--json"));
  const statuses = Object.fromEntries((figures as Row[]).map(({ id, status }) => [id, status]));
  assertEquals(statuses.beslagvrije_voet_max_single, "expires");
  assertEquals(statuses.assistance_norm_single, "expired");
  assertEquals(statuses.wik_reminder_days, "holds");
  assertEquals(statuses.wgs_decision_weeks, undefined);
});

Deno.test("rules list has every figure with its certainty, as a table too", async () => {
  const { figures } = JSON.parse(await run("list", "--on", "2023-03-01", "--json"));
  assert(figures.length > 25);
  assert((figures as Row[]).every(({ certainty }) => certainty.length > 0));
  assert((await run("list")).includes("beslagvrije_voet_max_single"));
});

Deno.test("a day that is none is refused", async () => {
  await assertRejects(() => run("due", "--on", "tomorrow"), UsageError, "must be a day such as");
});

Deno.test("rules mandates lists those of a policy, and the one of generated cases", async () => {
  const written = {
    name: "fines",
    decisions: ["collect"],
    up_to: 70,
    given_by: "the board",
    since: "2026-01-01",
  };
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, JSON.stringify({ mandates: [written] }));
    const { mandates } = JSON.parse(await run("mandates", "--policy", path, "--json"));
    assertEquals(mandates[0], { ...written, cases: "ordinary" });
    assertEquals(mandates.slice(1).map(({ name }: { name: string }) => name), ["demonstration"]);
  } finally {
    await Deno.remove(path);
  }
});
