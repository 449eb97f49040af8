/** `deno task compile`: makes one program of the project. @module */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { flag, oneOf, text } from "../../schema/settings.ts";
import { compileProgram, type Program } from "./program_compiler.ts";
import { targetOf, triples } from "./targets.ts";
import type { Output } from "../cli/command.ts";
import { exitCodes, reportError, UsageError } from "../cli/exit_codes.ts";
import { readOptions, renderOptions, type Values } from "../cli/options.ts";
import { processOutput } from "../cli/terminal.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const compileOptions = {
  target: {
    schema: oneOf(triples).default(Deno.build.target),
    value: "TARGET",
    help: `what to compile for; default: this machine (${Deno.build.target})`,
  },
  output: {
    schema: text.optional(),
    value: "FILE",
    help: "default: dist/zaakstroom, or dist/zaakstroom-slim",
  },
  slim: { schema: flag, help: "without PostgreSQL inside, to run on a server of your own" },
} as const;

/** Reads the command line, compiles, and says what came of it. Returns the exit code. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) return printHelp(output);
  try {
    const began = performance.now();
    const program = await programOf(args);
    await compileProgram(program, output.err);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const megabytes = Math.round((await Deno.stat(program.output)).size / 1e6);
    output.out(`${program.output}: ${megabytes} MB, in ${seconds} s`);
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, output, { json: false, help: "deno task compile --help" });
  }
}

async function programOf(args: readonly string[]): Promise<Program> {
  const { values, positional } = readOptions(compileOptions, args, { env: () => undefined });
  if (positional.length > 0) throw new UsageError(`compile takes no arguments: ${positional[0]}`);
  const target = targetOf(values.target);
  if (!values.slim && target.postgres === undefined) {
    throw new UsageError(`There is no embedded PostgreSQL for ${target.triple}: add --slim`);
  }
  const output = await writable(outputOf(values));
  await requireDenort();
  return { root: ROOT, output, target, slim: values.slim };
}

function outputOf({ output, slim, target }: Values<typeof compileOptions>): string {
  if (output !== undefined) return resolve(output);
  const extension = target.includes("windows") ? ".exe" : "";
  return join(ROOT, "dist", `zaakstroom${slim ? "-slim" : ""}${extension}`);
}

async function writable(output: string): Promise<string> {
  const found = await Deno.stat(output).catch(() => undefined);
  if (found?.isDirectory) throw new UsageError(`Cannot use --output: ${output} is a directory`);
  await Deno.mkdir(dirname(output), { recursive: true });
  return output;
}

/** Where the environment names a runtime, Deno builds on it, and says little when it is not there. */
async function requireDenort(): Promise<void> {
  const denort = Deno.env.get("DENORT_BIN") ?? "";
  if (denort === "") return;
  const found = await Deno.stat(denort).catch(() => undefined);
  if (!found?.isFile) throw new UsageError(`Cannot use DENORT_BIN: there is no file ${denort}`);
}

function printHelp({ out }: Output): number {
  out("Makes one program of the project: workers, SQL, data and PostgreSQL inside\n");
  out("Usage: deno task compile [options]\n\nOptions:");
  out(renderOptions(compileOptions));
  out(
    "\nA program is built on denort, Deno's runtime, which Deno downloads when it compiles for the first time.",
  );
  out("Where it can't, set DENORT_BIN to a denort of the version of the Deno that compiles.");
  return exitCodes.ok;
}

if (import.meta.main) Deno.exit(await main(Deno.args, processOutput));
