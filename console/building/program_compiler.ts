/** Makes the program: stages what goes into it, compiles, and starts it once where it can run. @module */
import { join } from "node:path";
import { takeIfFree } from "../../backends/postgres/embedded/file_lock.ts";
import { CommandError, exitCodes } from "../exit_codes.ts";
import { ENTRIES, writeCompileConfig } from "./compile_config.ts";
import { reasonIn, tryDeno } from "./deno_command.ts";
import { stagePostgres, unstagePostgres } from "./target_postgres.ts";
import type { Target } from "./targets.ts";

export interface Program {
  /** The project's directory. */
  readonly root: string;
  /** Where to write it. */
  readonly output: string;
  readonly target: Target;
  /** Without PostgreSQL inside. */
  readonly slim: boolean;
}

/** Compiles; tells each step. @throws CommandError with one line. */
export async function compileProgram(program: Program, tell: (line: string) => void): Promise<void> {
  const dist = join(program.root, "dist");
  await Deno.mkdir(dist, { recursive: true });
  // What goes into the program lies at one place, which two builds cannot share.
  using alone = await takeIfFree(join(dist, "compile.lock"));
  if (alone === undefined) {
    throw new CommandError(exitCodes.inUse, `Another compile works in ${dist}: wait for it`);
  }
  await unstagePostgres(program.root);
  const directory = await Deno.makeTempDir({ dir: dist, prefix: "compile-" });
  try {
    await build(program, directory, tell);
  } finally {
    await Deno.remove(directory, { recursive: true });
    await unstagePostgres(program.root);
  }
}

async function build(program: Program, directory: string, tell: (line: string) => void): Promise<void> {
  const { root, slim, target } = program;
  const config = await writeCompileConfig(root, directory);
  const include: string[] = [ENTRIES.worker];
  if (!slim) {
    tell(`PostgreSQL for ${target.postgres}: from its npm package, as deno.lock has it`);
    include.push(await stagePostgres(root, directory, target.postgres!));
  }
  tell(`Compiling ${ENTRIES.main} with ${include.join(", ")} for ${target.triple}`);
  await compile(program, config, include);
  if (target.triple === Deno.build.target) await startOnce(program.output);
}

async function compile(program: Program, config: string, include: readonly string[]): Promise<void> {
  const { root, output, target } = program;
  // The gate checks types, with the Deno that the project is developed with.
  const flags = ["--quiet", "--no-check", "--no-prompt", "--permission-set=node", "--config", config];
  const args = ["compile", ...flags, "--target", target.triple, "--output", output];
  const included = include.flatMap((path) => ["--include", path]);
  const { success, stderr } = await tryDeno([...args, ...included, ENTRIES.main], { cwd: root });
  if (success) return;
  await removeHalf(output);
  throw new CommandError(exitCodes.failed, explain(stderr, program));
}

function explain(stderr: string, { target }: Program): string {
  const { deno } = Deno.version;
  if (!/base binary/i.test(stderr)) {
    const given = Deno.env.has("DENORT_BIN") ? ` (is DENORT_BIN of version ${deno}?)` : "";
    return `deno compile failed: ${reasonIn(stderr)}${given}`;
  }
  return `No denort, the runtime that goes into a program, can be had for Deno ${deno} on ${target.triple}: ` +
    `compile where Deno can download it, or set DENORT_BIN to one of exactly version ${deno}`;
}

/** What a failed compile leaves beside its output. */
async function removeHalf(output: string): Promise<void> {
  const directory = join(output, "..");
  for await (const { name } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (path.startsWith(`${output}.tmp-`)) await Deno.remove(path);
  }
}

/** A denort of another version compiles without a complaint, and then does not start. */
async function startOnce(output: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(output, { args: ["--help"], stdin: "null" }).output();
  if (success) return;
  await Deno.remove(output);
  const reason = reasonIn(new TextDecoder().decode(stderr));
  throw new CommandError(
    exitCodes.failed,
    `The compiled program does not start (${reason}): is DENORT_BIN of version ${Deno.version.deno}?`,
  );
}
