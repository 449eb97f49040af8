/** Options of commands: declared once, read from flags, then the environment, then a file, then the default. @module */
import { parseArgs } from "@std/cli/parse-args";
import type { z } from "zod";
import { text } from "../../schema/settings.ts";
import { nearestOf, suggest } from "./suggest.ts";
import { UsageError } from "./exit_codes.ts";

/** One option of a command. */
export interface Option<T = unknown> {
  /** Validates and converts the text. */
  readonly schema: z.ZodType<T, string | undefined>;
  /** What `--help` says of it, default included. */
  readonly help: string;
  /** The word for its value in `--help`; without one the option is a switch. FILE and DIR are completed as paths. */
  readonly value?: string;
  /** The environment variable that is read when the flag is absent. */
  readonly env?: string;
  /** Its variable with `_FILE` behind it may name a file that holds the value, as orchestrators hand over secrets. */
  readonly fromFile?: boolean;
  /** The backends it belongs to; with another one its flag is refused. Default: all, and commands without a backend. */
  readonly backends?: readonly string[];
  /** Not shown by `config show`. */
  readonly secret?: boolean;
}

/** The options of a command, by their names without dashes in front. */
export type Options = Readonly<Record<string, Option>>;

/** Options that every command takes. */
export const commonOptions = {
  "config-file": {
    schema: text.optional(),
    value: "FILE",
    env: "ZAAKSTROOM_CONFIG",
    help: "settings as JSON, see zaakstroom help configuration",
  },
} as const;

/** The values of options: keys as declared (`data-dir`). */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** What was given on a command line. */
export interface Parsed<O extends Options> {
  readonly values: Values<O>;
  readonly positional: readonly string[];
}

/** Where settings come from beside the flags. */
export interface SettingSources {
  readonly env: (name: string) => string | undefined;
  /** The text of a setting in the configuration file, and where it stands: `cases.limit in FILE`. */
  readonly file?:
    | ((name: string) => { readonly text: string; readonly place: string } | undefined)
    | undefined;
}

/** The place a setting was taken from; `place` names the flag, the variable, or the key and its file. */
interface SettingSource {
  readonly kind: "flag" | "environment" | "file" | "default";
  readonly place: string;
}

/** A setting as it was found, before it is validated. */
export interface Setting {
  readonly name: string;
  readonly text: string | undefined;
  readonly source: SettingSource;
}

/** Reads a command line. Throws UsageError, naming the option and the rule. */
export function readOptions<O extends Options>(
  options: O,
  args: readonly string[],
  sources: SettingSources,
): Parsed<O> {
  const { settings, positional } = findSettings(options, args, sources);
  const values = Object.fromEntries(
    settings.map((setting) => [setting.name, validate(setting, options[setting.name]!)]),
  );
  if (typeof values.backend === "string") refuseForeignFlags(options, settings, values.backend);
  return { values: values as Values<O>, positional };
}

/** The environment and the file serve several commands; a flag was typed for this one, and would do nothing. */
function refuseForeignFlags(options: Options, settings: readonly Setting[], backend: string): void {
  for (const { name, source } of settings) {
    const { backends } = options[name]!;
    if (source.kind !== "flag" || backends === undefined || backends.includes(backend)) continue;
    throw new UsageError(
      `Cannot use --${name} with --backend ${backend}: it belongs to ${backends.join(", ")}`,
    );
  }
}

/** What each option is set to, and where that comes from. Throws UsageError for an unknown option. */
export function findSettings(
  options: Options,
  args: readonly string[],
  sources: SettingSources,
): { readonly settings: readonly Setting[]; readonly positional: readonly string[] } {
  const names = Object.keys(options);
  const flags = parseArgs([...args], {
    // "_" keeps arguments as they are written: case 0123 is not case 123.
    string: [...names.filter((name) => options[name]!.value !== undefined), "_"],
    boolean: [...names.filter((name) => options[name]!.value === undefined), "help"],
    alias: { h: "help" },
    unknown: (arg: string, key?: string) => key === undefined ? true : refuseUnknown(arg, [...names, "help"]),
  });
  const settings = names.map((name) => {
    const given = flags[name] as string | boolean | undefined;
    const off = given === false && args.includes(`--${name}=false`);
    const flag = given === true || off ? String(given) : given || (given === "" ? "" : undefined);
    return findSetting(name, options[name]!, flag, sources);
  });
  return { settings, positional: flags._.map(String) };
}

/** The value of a setting. Throws UsageError, naming its source and the rule. */
export function validate({ text, source }: Setting, { schema }: Option): unknown {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`Cannot use ${source.place}: ${parsed.error.issues[0]!.message}`);
}

/** What options come to when nothing is given. */
export function defaultsOf<O extends Options>(options: O): Values<O> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { schema }]) => [name, schema.parse(undefined)]),
  ) as Values<O>;
}

const MOST_LISTED = 8;

function refuseUnknown(arg: string, names: string[]): never {
  const flag = arg.split("=")[0]!;
  const given = flag.replace(/^-+/, "");
  // More than a few are no help in one line; `--help` lists them.
  const isListed = names.length <= MOST_LISTED || nearestOf(given, names) !== undefined;
  throw new UsageError(`Unknown option ${flag}${isListed ? `: ${suggest(given, names, "--")}` : ""}`);
}

function findSetting(
  name: string,
  option: Option,
  flag: string | undefined,
  { env, file }: SettingSources,
): Setting {
  if (flag !== undefined) return { name, text: flag, source: { kind: "flag", place: `--${name}` } };
  const variable = readVariable(option, env);
  if (variable !== undefined) {
    return { name, text: variable.text, source: { kind: "environment", place: variable.place } };
  }
  const inFile = file?.(name);
  if (inFile !== undefined) return { name, text: inFile.text, source: { kind: "file", place: inFile.place } };
  return { name, text: undefined, source: { kind: "default", place: `--${name}` } };
}

/** What the environment says, and the variable that says it. Throws UsageError where two do. */
function readVariable({ env: name, fromFile }: Option, env: SettingSources["env"]) {
  if (name === undefined) return undefined;
  const text = env(name) || undefined;
  const file = (fromFile && env(`${name}_FILE`)) || undefined;
  if (file === undefined) return text === undefined ? undefined : { text, place: name };
  if (text !== undefined) throw new UsageError(`Cannot use ${name} together with ${name}_FILE: choose one`);
  return { text: readSecretFile(file, `${name}_FILE`), place: `${name}_FILE` };
}

/** The text of a file, without the line break at its end. Throws UsageError, which names the variable and not the secret. */
function readSecretFile(path: string, variable: string): string {
  let text: string;
  try {
    text = Deno.readTextFileSync(path).replace(/\r?\n$/, "");
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound ? "there is no such file" : (error as Error).name;
    throw new UsageError(`Cannot read the file ${path} of ${variable}: ${reason}`);
  }
  if (text === "") throw new UsageError(`Cannot use the file ${path} of ${variable}: it is empty`);
  return text;
}

/** The words an option takes, where it takes one of some. */
export function choicesOf({ schema }: Option): readonly string[] {
  let inner: unknown = schema;
  // A default or an optional value is a schema around another.
  while ((inner as { def?: { innerType?: unknown } }).def?.innerType !== undefined) {
    inner = (inner as { def: { innerType: unknown } }).def.innerType;
  }
  const { options } = inner as { options?: readonly unknown[] };
  return options?.every((each) => typeof each === "string") ? options as string[] : [];
}

/** The part of `--help` that lists the options. */
export function renderOptions(options: Options): string {
  const rows = Object.entries(options).map(([name, { value, help, env, fromFile }]) => {
    const left = value === undefined ? `--${name}` : `--${name} ${value}`;
    const variables = fromFile ? `${env} or ${env}_FILE` : env;
    return [left, variables === undefined ? help : `${help} [${variables}]`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
