/** The program as its users start it: a process of its own, with its own streams, signals and exit code. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GUARDED } from "../../console/node/guarded_start.ts";
import { runCommandLine } from "../../console/command_line.ts";
import { isAlive, waitUntilGone } from "./servers/embedded_processes.ts";
import { Transcript } from "./transcript.ts";

/** How a command ended. */
export interface ProgramResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface ProgramOptions {
  /** What it reads; nothing when left out. */
  readonly stdin?: string | Uint8Array;
  /** Besides what any program needs; nothing of the test's own environment leaks in. */
  readonly env?: Readonly<Record<string, string>>;
  /** The node itself, as its guardian would start it: the test holds its standard input open, and kills it. */
  readonly asNode?: boolean;
  /** In a process group of its own, as a terminal would start it. */
  readonly ownGroup?: boolean;
  /** Whoever reads its output leaves after the first words. */
  readonly leavesEarly?: boolean;
  /** The folder of its sources, where it is not this one. */
  readonly tree?: string;
  /** The compiled program, in place of its sources. */
  readonly compiled?: string;
}

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The arguments by which Deno runs the program, as `deno task` does. */
export function programArgs(args: readonly string[], tree = root("")): string[] {
  const flags = [
    "--quiet",
    "--cached-only",
    "--no-prompt",
    "--config",
    join(tree, "deno.json"),
    "--permission-set=node",
  ];
  return ["run", ...flags, join(tree, "main.ts"), ...args];
}

/** The environment of a program that inherits nothing by accident. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "XDG_CACHE_HOME"];
  const env = kept.map((name) => [name, Deno.env.get(name)] as const).filter(([, value]) =>
    value !== undefined
  );
  // No configuration of the user who runs the tests is found there.
  const fixed = { NO_COLOR: "1", XDG_CONFIG_HOME: "/nonexistent" };
  return { ...Object.fromEntries(env) as Record<string, string>, ...fixed, ...more };
}

/** A program that runs. */
export class Program implements AsyncDisposable {
  readonly pid: number;
  readonly out: Transcript;
  readonly err: Transcript;
  readonly #child: Deno.ChildProcess;
  #held: boolean;

  private constructor(child: Deno.ChildProcess, { leavesEarly = false, asNode = false }: ProgramOptions) {
    this.#child = child;
    this.#held = asNode;
    this.pid = child.pid;
    this.out = new Transcript(leavesEarly ? firstOf(child.stdout) : child.stdout);
    this.err = new Transcript(child.stderr);
  }

  static start(args: readonly string[], options: ProgramOptions = {}): Program {
    const { stdin, env, ownGroup = false, asNode = false, tree, compiled } = options;
    const child = new Deno.Command(compiled ?? Deno.execPath(), {
      args: compiled === undefined ? programArgs(args, tree) : [...args],
      env: cleanEnv(asNode ? { ...env, [GUARDED]: "1" } : env),
      clearEnv: true,
      detached: ownGroup,
      stdin: stdin === undefined && !asNode ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin !== undefined) writeInput(child.stdin, stdin);
    return new Program(child, options);
  }

  /** Resolves with the address of /health and /metrics, once a node of this program runs. */
  async serving(): Promise<string> {
    const line = await this.err.waitForLine(/"event":"started"|^See http/);
    return /http:\/\/[\d.:]+\//.exec(line)![0];
  }

  /** The process ids of the nodes this program has started as their guardian and that live. */
  async nodes(): Promise<number[]> {
    const children = await Deno.readTextFile(`/proc/${this.pid}/task/${this.pid}/children`).catch(() => "");
    const pids = children.trim().split(" ").filter((pid) => pid !== "").map(Number);
    const alive = await Promise.all(pids.map(isAlive));
    return pids.filter((_, i) => alive[i]);
  }

  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Ends it as a power failure would: no word, no time to finish. */
  async kill9(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended();
  }

  async ended(): Promise<ProgramResult> {
    const [{ code }] = await Promise.all([this.#child.status, this.out.ended, this.err.ended]);
    await this.#release();
    return { code, out: this.out.text, err: this.err.text };
  }

  /** A standard input that was held open is closed with the process. */
  async #release(): Promise<void> {
    if (this.#held) await this.#child.stdin.abort().catch(() => {});
    this.#held = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const nodes = await this.nodes();
    if (await isAlive(this.pid)) this.#child.kill("SIGKILL");
    for (const pid of nodes) {
      if (await isAlive(pid)) Deno.kill(pid, "SIGKILL");
      await waitUntilGone(pid);
    }
    await this.ended();
  }
}

/** The first part of a stream; then its reader has gone. */
async function* firstPart(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of stream) return yield part;
}

function firstOf(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return ReadableStream.from(firstPart(stream)) as ReadableStream<Uint8Array>;
}

async function writeInput(stdin: WritableStream<Uint8Array>, text: string | Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(typeof text === "string" ? new TextEncoder().encode(text) : text);
    await writer.close();
  } catch {
    // It ended before it read everything: its exit code and its words tell why.
  }
}

/** Refused in one line, with this exit code and without a word of result. */
export function assertRefused({ code, out, err }: ProgramResult, expected: number, message: RegExp): void {
  assertEquals([code, out], [expected, ""], err);
  assertMatch(err.trimEnd(), message);
  assertEquals(err.trimEnd().split("\n").length, 1, err);
}

/** Runs a command to its end. */
export async function run(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  await using program = Program.start(args, options);
  return await program.ended();
}

/** Runs a command line in this process: the same code but for the process around it, and a hundred times as fast. */
export async function runHere(args: readonly string[]): Promise<ProgramResult> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommandLine(args, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    terminal: false,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
