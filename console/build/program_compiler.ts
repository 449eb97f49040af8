/** Makes the program: stages what goes into it, compiles, and starts it once where it can run. @module */
import { join } from "node:path";
import { takeIfFree } from "../../backends/local_server/file_lock.ts";
import { nodeEnvironment } from "../node/guarded_start.ts";
import { compiledTelemetry } from "../node/trace_export.ts";
import { CommandError, exitCodes } from "../cli/exit_codes.ts";
import { ENTRIES, writeCompileConfig } from "./compile_config.ts";
import { errorReason, tryDeno } from "./deno_command.ts";
import { stagePostgres, unstagePostgres } from "./target_postgres.ts";
import type { CompileTarget } from "./targets.ts";

/** A program to make. */
export interface Program {
  /** The project's directory. */
  readonly root: string;
  /** Where to write it. */
  readonly output: string;
  readonly target: CompileTarget;
  /** Without PostgreSQL inside. */
  readonly slim: boolean;
}

/** Compiles, and reports each step. @throws CommandError with one line. */
export async function compileProgram(program: Program, onProgress: (line: string) => void): Promise<void> {
  const dist = join(program.root, "dist");
  await Deno.mkdir(dist, { recursive: true });
  // What goes into the program lies at one place, which two builds cannot share.
  using hostOnly = await takeIfFree(join(dist, "compile.lock"));
  if (hostOnly === undefined) {
    throw new CommandError(exitCodes.inUse, `Another compile works in ${dist}: wait for it`);
  }
  await unstagePostgres(program.root);
  const directory = await Deno.makeTempDir({ dir: dist, prefix: "compile-" });
  try {
    await build(program, directory, onProgress);
  } finally {
    await Deno.remove(directory, { recursive: true });
    await unstagePostgres(program.root);
  }
}

async function build(program: Program, directory: string, onProgress: (line: string) => void): Promise<void> {
  const { root, slim, target } = program;
  const config = await writeCompileConfig(root, directory);
  const include: string[] = [ENTRIES.worker, ENTRIES.chaosWorker, ENTRIES.faultyWorker];
  if (!slim) {
    onProgress(`PostgreSQL for ${target.postgres}: from its npm package, as deno.lock has it`);
    include.push(await stagePostgres(root, directory, target.postgres!));
  }
  onProgress(`Compiling ${ENTRIES.main} with ${include.join(", ")} for ${target.triple}`);
  await compile(program, config, include);
  if (target.triple === Deno.build.target) await smokeTest(program.output);
}

async function compile(program: Program, config: string, include: readonly string[]): Promise<void> {
  const { root, output, target } = program;
  // The gate checks types, with the Deno that the project is developed with.
  const flags = ["--quiet", "--no-check", "--no-prompt", "--permission-set=node", "--config", config];
  // A program takes no flags of V8 at run time: those by which the guardian bounds a node's memory are built in.
  const v8Flags = `--v8-flags=${nodeEnvironment.DENO_V8_FLAGS}`;
  const args = ["compile", ...flags, v8Flags, "--target", target.triple, "--output", output];
  const included = include.flatMap((path) => ["--include", path]);
  const run = { cwd: root, env: compiledTelemetry };
  const { success, stderr } = await tryDeno([...args, ...included, ENTRIES.main], run);
  if (success) return;
  await removePartialOutput(output);
  throw new CommandError(exitCodes.failed, compileErrorText(stderr, program));
}

function compileErrorText(stderr: string, { target }: Program): string {
  const { deno } = Deno.version;
  if (!/base binary/i.test(stderr)) {
    const given = Deno.env.has("DENORT_BIN") ? ` (is DENORT_BIN of version ${deno}?)` : "";
    return `deno compile failed: ${errorReason(stderr)}${given}`;
  }
  return `No denort, the runtime that goes into a program, can be had for Deno ${deno} on ${target.triple}: ` +
    `compile where Deno can download it, or set DENORT_BIN to one of exactly version ${deno}`;
}

/** What a failed compile leaves beside its output. */
async function removePartialOutput(output: string): Promise<void> {
  const directory = join(output, "..");
  for await (const { name } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (path.startsWith(`${output}.tmp-`)) await Deno.remove(path);
  }
}

/** A denort of another version compiles without a complaint, and then does not start. */
async function smokeTest(output: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(output, { args: ["--help"], stdin: "null" }).output();
  if (success) return;
  await Deno.remove(output);
  const reason = errorReason(new TextDecoder().decode(stderr));
  throw new CommandError(
    exitCodes.failed,
    `The compiled program does not start (${reason}): is DENORT_BIN of version ${Deno.version.deno}?`,
  );
}
