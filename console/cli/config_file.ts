/**
 * The configuration file: settings under the names of the options, as JSON. A command's own settings stand in a section
 * under its name: `{ "backend": "nats", "cases": { "limit": 50 } }`. A flag and the environment come before it.
 *
 * It is read from `--config-file`, `ZAAKSTROOM_CONFIG`, or the platform's place for a user's configuration, and never from
 * the current directory: what a command does must not depend on where it is typed.
 * @module
 */
import { join } from "node:path";
import { allOptions, type Command } from "./command.ts";
import { UsageError } from "./exit_codes.ts";
import { commonOptions, type Options, type SettingSources } from "./options.ts";
import { suggest } from "./suggest.ts";

type Section = Readonly<Record<string, unknown>>;

/** A file that was read. */
interface ConfigFile {
  readonly path: string;
  readonly content: Section;
}

/** Where a user's configuration is looked for, when nothing else is named. */
export function defaultConfigPath(env: SettingSources["env"]): string | undefined {
  const [home, folder] = Deno.build.os === "windows" ? [env("LOCALAPPDATA"), ""] : [env("HOME"), ".config"];
  const config = env("XDG_CONFIG_HOME");
  // The XDG convention says to ignore a relative path.
  const directory = config?.startsWith("/") ? config : home && join(home, folder);
  return directory && join(directory, "zaakstroom", "config.json");
}

/** Reads the file that is named, or the default one where there is one. Throws UsageError in one line. */
export async function readConfigFile(
  named: string | undefined,
  env: SettingSources["env"],
): Promise<ConfigFile | undefined> {
  const path = named ?? defaultConfigPath(env);
  if (path === undefined) return undefined;
  try {
    return { path, content: parseSection(await Deno.readTextFile(path), path) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const isMissing = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
    if (isMissing && named === undefined) return undefined;
    throw new UsageError(
      `Cannot read the configuration ${path}: ${isMissing ? "there is no such file" : reasonOf(error)}`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Deno.errors.IsADirectory ? "it is a directory" : "it can't be opened";
}

function parseSection(content: string, path: string): Section {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    throw new UsageError(`Cannot use the configuration ${path}: it is not JSON`);
  }
  if (isSection(parsed)) return parsed;
  throw new UsageError(`Cannot use the configuration ${path}: it must be a JSON object`);
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The settings of the file for a command, by its path: `cases show`. The innermost section that has one decides. */
export function fileSettings({ path: file, content }: ConfigFile, path: string): SettingSources["file"] {
  const sections = sectionsOf(content, path);
  return (name) => {
    const found = sections.find(({ section }) => section[name] !== undefined && !isSection(section[name]));
    if (found === undefined) return undefined;
    const place = `${found.prefix}${name} in ${file}`;
    return { text: textOf(found.section[name], place), place };
  };
}

function textOf(value: unknown, place: string): string {
  if (["string", "number", "boolean"].includes(typeof value)) return String(value);
  throw new UsageError(`Cannot use ${place}: must be text, a number, true or false`);
}

/** The sections that concern a command, innermost first, each with what comes before its keys: `cases.`. */
function sectionsOf(content: Section, path: string): { section: Section; prefix: string }[] {
  const sections = [{ section: content, prefix: "" }];
  for (const name of path.split(" ")) {
    const { section, prefix } = sections[0]!;
    const inner = section[name];
    if (!isSection(inner)) break;
    sections.unshift({ section: inner, prefix: `${prefix}${name}.` });
  }
  return sections;
}

/** True when a command has an option for every key, so that no other need be loaded to know them. */
export function isKnownTo({ content }: ConfigFile, options: Options): boolean {
  return Object.entries(content).every(([key, value]) => !isSection(value) && Object.hasOwn(options, key));
}

/** Refuses a key that no option or command has, and a value that no option can have. Throws UsageError in one line. */
export function validateConfigFile({ path, content }: ConfigFile, commands: readonly Command[]): void {
  validateSection(content, commands, "", path);
}

function validateSection(section: Section, commands: readonly Command[], prefix: string, path: string): void {
  const options = Object.keys(allOptions(commands)).filter((name) => !(name in commonOptions));
  for (const [key, value] of Object.entries(section)) {
    const place = `${prefix}${key} in ${path}`;
    const named = commands.find(({ name }) => name === key);
    if (isSection(value) && named !== undefined) {
      // Under a command without subcommands there are its options, and no further section.
      validateSection(value, named.subcommands ?? [{ ...named, name: "" }], `${prefix}${key}.`, path);
    } else if (options.includes(key)) textOf(value, place);
    else {
      const sections = commands.map(({ name }) => name).filter((name) => name !== "");
      const known = isSection(value) && sections.length > 0 ? sections : options;
      throw new UsageError(`Cannot use ${place}: ${suggest(key, known)}`);
    }
  }
}
