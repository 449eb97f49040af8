/** Options: flag before environment before default, and one line for whatever is wrong. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { type Options, readOptions, renderOptions } from "../../../../console/cli/options.ts";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { flag, text, wholeNumber } from "../../../../schema/settings.ts";

const options = {
  count: { schema: wholeNumber(1, 9).default(5), value: "N", env: "COUNT", help: "so many" },
  name: { schema: text.optional(), value: "NAME", help: "who" },
  json: { schema: flag, env: "JSON", help: "for programs" },
} satisfies Options;

function read(args: string[], env: Record<string, string> = {}) {
  return readOptions(options, args, { env: (name) => env[name] });
}

Deno.test("a flag comes before the environment, and the environment before the default", () => {
  assertEquals(read(["--count", "7"], { COUNT: "3" }).values.count, 7);
  assertEquals(read(["--count=7"], { COUNT: "3" }).values.count, 7);
  assertEquals(read([], { COUNT: "3" }).values.count, 3);
  assertEquals(read([], { COUNT: "" }).values.count, 5);
  assertEquals(read([]).values, { count: 5, name: undefined, json: false });
});

Deno.test("a switch takes no value, and its environment variable does", () => {
  assertEquals([read(["--json", "x"]).values.json, read(["--json", "x"]).positional], [true, ["x"]]);
  assertEquals([read([], { JSON: "1" }).values.json, read([], { JSON: "false" }).values.json], [true, false]);
});

Deno.test("arguments stay as they are written", () => {
  assertEquals(read(["007", "1e3", "0x10", "12345678901234567890", "-", "--", "--count"]).positional, [
    "007",
    "1e3",
    "0x10",
    "12345678901234567890",
    "-",
    "--count",
  ]);
});

const wrong: [string[], Record<string, string>, string][] = [
  [["--cuont", "3"], {}, "Unknown option --cuont: did you mean --count?"],
  [["--cuont=geheim"], {}, "Unknown option --cuont: did you mean --count?"],
  [["--no-json"], {}, "Unknown option --no-json: did you mean --json?"],
  [["--count"], {}, "Cannot use --count: must be a whole number from 1 to 9"],
  [["--count", "10"], {}, "Cannot use --count: must be a whole number from 1 to 9"],
  [[], { COUNT: "ten" }, "Cannot use COUNT: must be a whole number from 1 to 9"],
  [["--name", ""], {}, "Cannot use --name: must not be empty"],
  [[], { JSON: "yes" }, "Cannot use JSON: must be true or false"],
];

for (const [args, env, message] of wrong) {
  Deno.test(`${JSON.stringify(args)} with ${JSON.stringify(env)} is refused: ${message}`, () => {
    assertEquals(assertThrows(() => read(args, env), UsageError).message, message);
  });
}

Deno.test("the help lines options up with their values and variables", () => {
  assertEquals(renderOptions(options).split("\n"), [
    "  --count N    so many [COUNT]",
    "  --name NAME  who",
    "  --json       for programs [JSON]",
  ]);
});

const SECRET = {
  token: { schema: text.optional(), value: "WORD", env: "TOKEN", fromFile: true, help: "secret" },
  name: { schema: text.optional(), value: "NAME", env: "NAME", help: "who" },
} satisfies Options;

Deno.test("a secret is read from the file that its variable with _FILE names, without the line break at its end", async () => {
  const path = await Deno.makeTempFile();
  const readSecret = (env: Record<string, string>, ...args: string[]) =>
    readOptions(SECRET, args, { env: (name) => env[name] }).values;
  await Deno.writeTextFile(path, "ge heim \n");
  assertEquals(readSecret({ TOKEN_FILE: path }).token, "ge heim ");
  assertEquals(readSecret({ TOKEN_FILE: path }, "--token", "own").token, "own");
  assertEquals(readSecret({ TOKEN_FILE: "", TOKEN: "own" }).token, "own");
  assertEquals(readSecret({ NAME_FILE: path }).name, undefined);
  const refused = (env: Record<string, string>) => assertThrows(() => readSecret(env), UsageError).message;
  assertEquals(
    refused({ TOKEN_FILE: path, TOKEN: "own" }),
    "Cannot use TOKEN together with TOKEN_FILE: choose one",
  );
  await Deno.writeTextFile(path, "\n");
  assertEquals(refused({ TOKEN_FILE: path }), `Cannot use the file ${path} of TOKEN_FILE: it is empty`);
  await Deno.remove(path);
  assertEquals(
    refused({ TOKEN_FILE: path }),
    `Cannot read the file ${path} of TOKEN_FILE: there is no such file`,
  );
});

Deno.test("a flag of another backend is refused; the environment serves several commands, and is not", () => {
  const store = {
    backend: { schema: text.default("postgres"), value: "NAME", help: "which" },
    replicas: { schema: text.optional(), value: "N", env: "REPLICAS", backends: ["nats"], help: "copies" },
  } satisfies Options;
  const readStore = (...args: string[]) =>
    readOptions(store, args, { env: (name) => name === "REPLICAS" ? "5" : undefined }).values;
  assertThrows(
    () => readStore("--replicas", "3"),
    UsageError,
    "Cannot use --replicas with --backend postgres: it belongs to nats",
  );
  assertEquals(readStore("--replicas", "3", "--backend", "nats").replicas, "3");
  assertEquals(readStore().replicas, "5");
});
