/** `config show`: what each setting is, and why. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runCommandLine } from "../../../../console/command_line.ts";

interface Row {
  readonly name: string;
  readonly value: string | null;
  readonly source: string;
  readonly place: string | null;
  readonly commands: readonly string[];
}

/** Runs the command with this configuration; answers its exit code and what it printed. */
async function show(content: unknown, ...args: string[]) {
  const path = await Deno.makeTempFile();
  const lines: string[] = [];
  const print = (line: string) => lines.push(line.replaceAll(path, "FILE"));
  try {
    await Deno.writeTextFile(path, JSON.stringify(content));
    const code = await runCommandLine(["config", "show", "--config-file", path, ...args], {
      out: print,
      err: print,
      terminal: false,
    });
    return { code, text: lines.join("\n") };
  } finally {
    await Deno.remove(path);
  }
}

async function rowsOf(content: unknown, ...args: string[]): Promise<Map<string, Row>> {
  const { code, text } = await show(content, "--json", ...args);
  assertEquals(code, 0, text);
  return new Map(JSON.parse(text).settings.map((row: Row) => [row.name, row]));
}

Deno.test("each setting of a command is shown with its value and where it comes from", async () => {
  Deno.env.set("ZAAKSTROOM_PORT", "81");
  try {
    const rows = await rowsOf({ host: "::1", start: { partitions: 4 } }, "start", "--workers", "2");
    const commands = ["start"];
    assertEquals(rows.get("workers"), {
      name: "workers",
      value: "2",
      source: "flag",
      place: "--workers",
      commands,
    });
    const of = (name: string) => [rows.get(name)!.value, rows.get(name)!.source, rows.get(name)!.place];
    assertEquals(of("port"), ["81", "environment", "ZAAKSTROOM_PORT"]);
    assertEquals(of("host"), ["::1", "file", "host in FILE"]);
    assertEquals(of("partitions"), ["4", "file", "start.partitions in FILE"]);
    assertEquals(of("stop-within"), ["10s", "default", null]);
    assertEquals(of("policy"), [null, "default", null]);
  } finally {
    Deno.env.delete("ZAAKSTROOM_PORT");
  }
});

Deno.test("secrets and the passwords of URLs are masked, wherever they come from", async () => {
  const url = "postgres://me:geheim@host/db";
  const content = { "nats-token": "geheim", "nats-password": "geheim", "nats-url": "nats://a:geheim@b" };
  for (const command of [[], ["start", "--url", url]]) {
    const { code, text } = await show({ ...content, url }, ...command);
    assertEquals([code, text.includes("geheim")], [0, false], text);
    assertStringIncludes(text, "postgres://me:******@host/db");
  }
});

Deno.test("without a command every setting is shown once, and with its commands where they differ", async () => {
  const { text } = await show({ cases: { limit: 50 } });
  assertEquals(text.match(/^ {2}url /gm)?.length, 1);
  assert(/^ {2}limit +50 +file cases\.limit in FILE +cases list, cases review$/m.test(text), text);
});

Deno.test("a bad value and an unknown key are refused in one line", async () => {
  const refused = await show({ workers: 0 }, "start");
  assertEquals(refused, {
    code: 2,
    text:
      "Cannot use workers in FILE: must be a whole number from 1 to 64 (see zaakstroom config show --help)",
  });
  assertStringIncludes(
    (await show({ wrokers: 1 })).text,
    "Cannot use wrokers in FILE: did you mean workers?",
  );
  assertStringIncludes((await show({}, "start", "--wrokers", "1")).text, "did you mean --workers?");
});

Deno.test("what the system may decide alone is shown with the settings of a node", async () => {
  const mandate = {
    name: "fines",
    decisions: ["collect"],
    up_to: 70,
    given_by: "the board",
    since: "2026-01-01",
  };
  const policy = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(policy, JSON.stringify({ mandates: [mandate] }));
    assertEquals(JSON.parse((await show({}, "--json", "start", "--policy", policy)).text).mandates, [
      mandate,
    ]);
    assertStringIncludes(
      (await show({}, "start", "--policy", policy)).text,
      "fines: collect up to €70.00, given by the board, since 2026-01-01",
    );
    assertStringIncludes((await show({}, "start")).text, "ordinary cases:\n  none");
    assertEquals((await show({}, "publish")).text.includes("Mandates"), false);
  } finally {
    await Deno.remove(policy);
  }
});
