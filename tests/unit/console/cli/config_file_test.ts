/** The configuration file: where it is, what it sets, and what it may not hold. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { command, commandGroup } from "../../../../console/cli/command.ts";
import { defaultConfigPath } from "../../../../console/cli/config_file.ts";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { runCommand } from "../../../../console/cli/run_command.ts";
import { flag, wholeNumber } from "../../../../schema/settings.ts";

const shared = {
  limit: { schema: wholeNumber(1, 9).default(1), value: "N", help: "most", env: "TEST_LIMIT" },
};

/** A command that prints its values. */
function printing(name: string) {
  return command({
    name,
    summary: "Prints",
    options: { ...shared, loud: { schema: flag, help: "loudly" } },
    run({ values: { limit, loud } }, { out }) {
      out(JSON.stringify({ limit, loud }));
      return Promise.resolve(0);
    },
  });
}

const list = commandGroup({
  name: "things",
  summary: "Things",
  subcommands: [printing("list"), printing("show")],
});
const commands = [list, printing("start")];

/** Runs `things list` with this file; answers what it printed. */
async function runWith(content: unknown, ...args: string[]): Promise<Record<string, unknown>> {
  const path = await Deno.makeTempFile();
  const lines: string[] = [];
  try {
    await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
    const output = { out: (line: string) => lines.push(line), err: () => {}, terminal: false };
    const context = { invocation: { path: "", json: false }, commands: () => Promise.resolve(commands) };
    await runCommand(list, ["list", "--config-file", path, ...args], output, context).catch((error) => {
      throw error instanceof UsageError ? new UsageError(error.message.replaceAll(path, "FILE")) : error;
    });
    return JSON.parse(lines[0]!);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a flag comes before the environment, the environment before the file, the file before the default", async () => {
  assertEquals(await runWith({}), { limit: 1, loud: false });
  assertEquals(await runWith({ limit: 2, loud: true }), { limit: 2, loud: true });
  Deno.env.set("TEST_LIMIT", "3");
  try {
    assertEquals(await runWith({ limit: 2 }), { limit: 3, loud: false });
    assertEquals(await runWith({ limit: 2 }, "--limit", "4"), { limit: 4, loud: false });
  } finally {
    Deno.env.delete("TEST_LIMIT");
  }
  assertEquals(await runWith({ loud: true }, "--loud=false"), { limit: 1, loud: false });
});

Deno.test("the innermost section that has a setting decides, and those of other commands don't count", async () => {
  const content = { limit: 2, things: { limit: "3", show: { limit: 4 } }, start: { limit: 5 } };
  assertEquals(await runWith(content), { limit: 3, loud: false });
  assertEquals(await runWith({ ...content, things: { limit: 3, list: { limit: 6 } } }), {
    limit: 6,
    loud: false,
  });
});

const wrong: readonly [unknown, string][] = [
  ["{", "Cannot use the configuration FILE: it is not JSON"],
  ["[1]", "Cannot use the configuration FILE: it must be a JSON object"],
  [{ limt: 1 }, "Cannot use limt in FILE: did you mean limit?"],
  [{ things: { lst: {} } }, "Cannot use things.lst in FILE: did you mean list?"],
  [{ start: { luod: true } }, "Cannot use start.luod in FILE: did you mean loud?"],
  [{ start: { loud: {} } }, "Cannot use start.loud in FILE: must be text, a number, true or false"],
  [{ limit: [1] }, "Cannot use limit in FILE: must be text, a number, true or false"],
  [{ limit: 10 }, "Cannot use limit in FILE: must be a whole number from 1 to 9"],
  [{ things: { limit: "x" } }, "Cannot use things.limit in FILE: must be a whole number from 1 to 9"],
];

for (const [content, message] of wrong) {
  Deno.test(`the configuration ${JSON.stringify(content)} is refused: ${message}`, async () => {
    assertEquals((await assertRejects(() => runWith(content), UsageError)).message, message);
  });
}

Deno.test("a file that is named must be there", async () => {
  const output = { out: () => {}, err: () => {}, terminal: false };
  const context = { invocation: { path: "", json: false }, commands: () => Promise.resolve(commands) };
  const run = () => runCommand(list, ["list", "--config-file=/no/such/file"], output, context);
  const { message } = await assertRejects(run, UsageError);
  assertEquals(message, "Cannot read the configuration /no/such/file: there is no such file");
});

Deno.test("the file of a user is in the platform's place for configuration", {
  ignore: Deno.build.os === "windows",
}, () => {
  const place = (env: Record<string, string>) => defaultConfigPath((name) => env[name]);
  assertEquals(place({ HOME: "/home/a" }), join("/home/a", ".config", "zaakstroom", "config.json"));
  assertEquals(place({ HOME: "/home/a", XDG_CONFIG_HOME: "/x" }), join("/x", "zaakstroom", "config.json"));
  assertEquals(
    place({ HOME: "/home/a", XDG_CONFIG_HOME: "x" }),
    join("/home/a/.config/zaakstroom/config.json"),
  );
  assertEquals(place({}), undefined);
});
