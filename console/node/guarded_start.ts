/** A node under its guardian. Imports as little as can be: the node starts only after this is loaded. @module */
import { guard } from "../../actors/supervision/guardian.ts";
import { BackendBusy, BackendUnavailable } from "../../backends/errors.ts";
import { ignoresHangup, watchLauncher } from "./launcher.ts";
import { selfCommand } from "./self_command.ts";
import { traceExportOfNode } from "./trace_export.ts";

/** Set for the node by its guardian: which start it is, from 1. */
export const GUARDED = "ZAAKSTROOM_GUARDED";
/** V8 keeps 32 MB of large pages that it has no use for. A flag turns that off, as far as is known from version 15 on. */
const poolFlag = Number.parseInt(Deno.version.v8) >= 15 ? ",--no-large-page-pool" : "";

/**
 * What a node runs in. V8 would rather grow a heap than clean it: an old generation of up to four times what lives in
 * it, and a young one that makes up for little of it. glibc keeps what it once had, in eight places a core. With these
 * bounds a node that has a million events waiting stays under 400 MB, for a tenth more time; a young generation of half
 * the size cost another tenth, and saved nothing more.
 */
export const nodeEnvironment: Readonly<Record<string, string>> = {
  [GUARDED]: "1",
  DENO_V8_FLAGS: `--max-semi-space-size=8,--heap-growing-percent=45${poolFlag}`,
  MALLOC_ARENA_MAX: "2",
};

/** Set beside it: the seed and the beginning of a counted run, which outlive the node. */
const RUN = "ZAAKSTROOM_RUN";
const NODE = "ZAAKSTROOM_NODE";

/** Exit codes up to this are an answer; see `exit_codes.ts`, whose imports would cost the start a tenth of a second. */
const LAST_ANSWER = 7;
const FAILED = 1;
const GUARDED_FAILED = 71;
const UNAVAILABLE = 4;
const BUG = 70;
const RECYCLE = 75;
const INTERRUPTED = 130;

/** True for a `start` that is not a node's own, nor asks for help. */
export function needsGuardian(args: readonly string[]): boolean {
  const asksForHelp = args.includes("--help") || args.includes("-h");
  return args[0] === "start" && !asksForHelp && Deno.env.get(GUARDED) === undefined;
}

/** The exit code of a guarded node. Deno itself ends with 1 where it panics, so that a node that means it ends with another. */
export function codeForGuardian(code: number): number {
  return code === FAILED ? GUARDED_FAILED : code;
}

/** The exit code of a guardian whose node ended with this. */
export function codeOfGuarded(code: number): number {
  return code === GUARDED_FAILED ? FAILED : code;
}

/**
 * Whether the node's exit code is an answer. A store that can't be reached is one for the first start alone: a node that
 * was started again after a crash waits for it.
 */
export function isAnswer(code: number, start: number): boolean {
  if (code === FAILED || code === GUARDED_FAILED) return code === GUARDED_FAILED;
  return code <= LAST_ANSWER && (code !== UNAVAILABLE || start === 1);
}

/**
 * What a node that was started again says of a server that answers and can't serve it now: that it is out of reach, which the
 * guardian waits out. At the first start it is an answer.
 */
export function asOutage(error: unknown, start: string | undefined): unknown {
  const isBusy = error instanceof BackendBusy && Number(start ?? 1) > 1;
  return isBusy ? new BackendUnavailable(error.message, { cause: error }) : error;
}

/** True where somebody waits for the end: a run until idle, or a supervisor above that decides when to start again. */
export function givesUp(args: readonly string[]): boolean {
  return args.includes("--give-up") || args.includes("--until-idle");
}

/** Runs a node until it ends for good. It gets a name that outlives it: started again, it takes its own leases at once. */
export async function guardNode(args: readonly string[]): Promise<number> {
  const { command, args: nodeArgs } = selfCommand();
  const json = args.includes("--json");
  const code = await guard({
    command,
    args: nodeArgs,
    env: {
      ...nodeEnvironment,
      ...traceExportOfNode(),
      [RUN]: `${crypto.randomUUID()} ${new Date().toISOString()}`,
      [NODE]: Deno.env.get(NODE) || `${Deno.hostname()}-${crypto.randomUUID().slice(0, 8)}`,
    },
    startVariable: GUARDED,
    intensity: { restarts: 10, periodMs: 60_000 },
    giveUpCode: givesUp(args) ? BUG : undefined,
    isFinal: isAnswer,
    recycleCode: RECYCLE,
    interruptedCode: INTERRUPTED,
    stopsOnHangup: !await ignoresHangup(),
    isOrphaned: watchLauncher(),
    log: (msg) =>
      printLine(
        json
          ? JSON.stringify({ time: new Date().toISOString(), level: "warn", event: "guardian", msg })
          : msg,
      ),
  });
  return codeOfGuarded(code);
}

function printLine(line: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  } catch {
    // The terminal or the reader is gone; the node is still guarded.
  }
}

/** The seed and the beginning that the guardian gave this node. */
export function guardedRun(): { seed: string; from: string } | undefined {
  const [seed, from] = Deno.env.get(RUN)?.split(" ") ?? [];
  return seed === undefined || from === undefined ? undefined : { seed, from };
}
