/**
 * What a program is compiled with: only the packages that it imports, so that neither the tests' packages nor this
 * machine's PostgreSQL become a part of it. @module
 */
import { join } from "node:path";
import { runDeno } from "./deno_command.ts";

interface Config {
  readonly imports: Readonly<Record<string, string>>;
  readonly unstable: readonly string[];
  readonly permissions: unknown;
  readonly nodeModulesDir: unknown;
}

/** The part of `deno info --json` that is read. */
interface ModuleGraph {
  readonly modules: readonly { readonly dependencies?: readonly { readonly specifier: string }[] }[];
}

/** Modules that must be in the program: its main module, and the workers, which nothing imports. */
export const ENTRIES = {
  main: "main.ts",
  worker: "actors/worker/worker.ts",
  chaosWorker: "simulators/chaos/node/chaos_worker.ts",
  faultyWorker: "simulators/demonstration/faulty_worker.ts",
} as const;

/** Imports of text are stable since Deno 2.8; before, they need this. */
const TEXT_IMPORTS = "raw-imports";

/** Writes `deno.json` and the lock into a directory; answers the path of the former. */
export async function writeCompileConfig(root: string, directory: string): Promise<string> {
  const config: Config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const path = join(directory, "deno.json");
  await Deno.writeTextFile(path, JSON.stringify(compileConfig(config, await specifiers(root)), null, 2));
  // Deno drops from this copy what the configuration does not name; versions and checksums stay those of the project.
  await Deno.copyFile(join(root, "deno.lock"), join(directory, "deno.lock"));
  return path;
}

/** The configuration without the aliases that no module of the program imports. */
export function compileConfig(config: Config, imported: ReadonlySet<string>): Record<string, unknown> {
  const isImported = (alias: string) =>
    [...imported].some((specifier) => specifier === alias || specifier.startsWith(`${alias}/`));
  return {
    imports: Object.fromEntries(Object.entries(config.imports).filter(([alias]) => isImported(alias))),
    unstable: [...config.unstable, TEXT_IMPORTS],
    permissions: config.permissions,
    nodeModulesDir: config.nodeModulesDir,
    lock: { path: "deno.lock", frozen: false },
  };
}

async function specifiers(root: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const entry of Object.values(ENTRIES)) {
    const { modules } = JSON.parse(await graphOf(root, entry)) as ModuleGraph;
    for (const { dependencies = [] } of modules) {
      for (const { specifier } of dependencies) found.add(specifier);
    }
  }
  return found;
}

async function graphOf(root: string, entry: string): Promise<string> {
  const args = ["info", "--quiet", "--json", `--unstable-${TEXT_IMPORTS}`, join(root, entry)];
  return await runDeno(args, `reading what ${entry} imports`, { cwd: root });
}
