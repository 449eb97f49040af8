/** Options of commands: declared once, read from flags, then the environment, then the default. @module */
import { parseArgs } from "@std/cli/parse-args";
import type { z } from "zod";
import { suggest } from "./suggest.ts";
import { UsageError } from "./exit_codes.ts";

/** One option of a command. */
interface Option<T = unknown> {
  /** Validates and converts the text. */
  readonly schema: z.ZodType<T, string | undefined>;
  /** What `--help` says of it, default included. */
  readonly help: string;
  /** The word for its value in `--help`; without one the option is a switch. */
  readonly value?: string;
  /** The environment variable that is read when the flag is absent. */
  readonly env?: string;
}

export type Options = Readonly<Record<string, Option>>;

/** The values of options: keys as declared (`data-dir`). */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** What was given on a command line. */
export interface Parsed<O extends Options> {
  readonly values: Values<O>;
  readonly positional: readonly string[];
}

/** Reads a command line. Throws UsageError, naming the option and the rule. */
export function readOptions<O extends Options>(
  options: O,
  args: readonly string[],
  env: (name: string) => string | undefined,
): Parsed<O> {
  const names = Object.keys(options);
  const flags = parseArgs([...args], {
    // "_" keeps arguments as they are written: case 0123 is not case 123.
    string: [...names.filter((name) => options[name]!.value !== undefined), "_"],
    boolean: [...names.filter((name) => options[name]!.value === undefined), "help"],
    alias: { h: "help" },
    unknown: (arg: string, key?: string) => key === undefined ? true : refuseUnknown(arg, [...names, "help"]),
  });
  const values = Object.fromEntries(names.map((name) => {
    const given = flags[name] as string | boolean | undefined;
    return [name, readOne(name, options[name]!, given, env)];
  }));
  return { values: values as Values<O>, positional: flags._.map(String) };
}

/** What options come to when nothing is given. */
export function defaultsOf<O extends Options>(options: O): Values<O> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { schema }]) => [name, schema.parse(undefined)]),
  ) as Values<O>;
}

function refuseUnknown(arg: string, names: string[]): never {
  const flag = arg.split("=")[0]!;
  throw new UsageError(`Unknown option ${flag}: ${suggest(flag.replace(/^-+/, ""), names, "--")}`);
}

function readOne(
  name: string,
  option: Option,
  given: string | boolean | undefined,
  env: (name: string) => string | undefined,
): unknown {
  const fromFlag = typeof given === "boolean" ? (given ? "true" : undefined) : given;
  const fromEnv = fromFlag === undefined && option.env !== undefined ? env(option.env) : undefined;
  const parsed = option.schema.safeParse(fromFlag ?? (fromEnv === "" ? undefined : fromEnv));
  if (parsed.success) return parsed.data;
  const source = fromFlag === undefined && fromEnv !== undefined ? option.env : `--${name}`;
  throw new UsageError(`Cannot use ${source}: ${parsed.error.issues[0]!.message}`);
}

/** The part of `--help` that lists the options. */
export function renderOptions(options: Options): string {
  const rows = Object.entries(options).map(([name, { value, help, env }]) => {
    const left = value === undefined ? `--${name}` : `--${name} ${value}`;
    return [left, env === undefined ? help : `${help} [${env}]`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
