/** Runs this Deno again, to do a part of the work. @module */
import { CommandError, exitCodes } from "../cli/exit_codes.ts";

interface DenoOptions {
  readonly cwd: string;
  /** A program to read from standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What it printed. @throws CommandError in one line when it failed; `activity` completes "Failed while …". */
export async function runDeno(args: readonly string[], activity: string, run: DenoOptions): Promise<string> {
  const { success, stdout, stderr } = await tryDeno(args, run);
  if (success) return stdout;
  throw new CommandError(exitCodes.failed, `Failed while ${activity}: ${errorReason(stderr)}`);
}

/** Runs it, and answers what came of it. */
export async function tryDeno(
  args: readonly string[],
  { cwd, input, env }: DenoOptions,
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    // Deno 2.6 overflows its usual stack of 2 MB when it embeds packages.
    env: { NO_COLOR: "1", RUST_MIN_STACK: `${32 * 1024 * 1024}`, ...env },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ success, stdout, stderr }] = await Promise.all([child.output(), writeInput(child, input)]);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, stdout: text(stdout), stderr: text(stderr) };
}

async function writeInput(child: Deno.ChildProcess, input: string | undefined): Promise<void> {
  if (input === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // It ended before it read: its own output says why.
  }
}

/** The error and its causes in one line, without the stack that Deno prints under them. */
export function errorReason(stderr: string): string {
  const summary = stderr.split(/\n\s*Stack backtrace:/)[0]!;
  const from = summary.search(/^error: /m);
  const lines = summary.slice(Math.max(from, 0)).replace(/^error: /, "").split("\n");
  const causes = lines.map((line) => line.replace(/^\s*\d+:\s*/, "").trim());
  const summaryLines = causes.filter((line) => line !== "" && line !== "Caused by:");
  return summaryLines.slice(0, 3).join(": ") || "no reason was given";
}
