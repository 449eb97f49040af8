/**
 * The guardian: a small process that restarts the node after a death that no thread survives: an exhausted heap, a
 * thread that only the end of its process ends, `kill -9`. It holds no state: all of it is in the store.
 * @module
 */
import { backoffMs } from "./backoff.ts";
import { addRestart, type Intensity } from "./restart_policy.ts";

interface GuardianOptions {
  /** The program and its arguments. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The variable by which the node knows which start this is, from 1. */
  readonly startVariable?: string | undefined;
  readonly intensity: Intensity;
  /** The wait before a start once the node ends more often than its intensity allows. Default one minute. */
  readonly slowPauseMs?: number | undefined;
  /** The exit code to end with beyond the intensity. Default: the guardian goes on at the slow pace. */
  readonly giveUpCode?: number | undefined;
  /** Whether an exit code is a result and not a crash: 0, a user's mistake, and the like. Starts count from 1. */
  readonly isFinal: (code: number, start: number) => boolean;
  /** The exit code by which a node asks to be started anew, at once. */
  readonly recycleCode: number;
  readonly interruptedCode: number;
  /** False where a hang-up is to be ignored, as `nohup` asks for. Default true: it stops in order. */
  readonly stopsOnHangup?: boolean | undefined;
  /** Asked every two seconds: whether the node is to stop because what started the guardian is gone. */
  readonly isOrphaned?: (() => Promise<boolean>) | undefined;
  readonly log: (line: string) => void;
}

/** After a second signal the node has this long to stop itself and its database; a third one kills it at once. */
const KILL_AFTER_MS = 2_000;
const RESTART_BACKOFF = { firstMs: 100, longestMs: 10_000 };
const SLOW_PAUSE_MS = 60_000;
const ORPHAN_CHECK_MS = 2_000;

/** Runs the node until it ends for good; returns its exit code. The first signal asks it to stop, a second one insists. */
export async function guard(options: GuardianOptions): Promise<number> {
  const guardian = new Guardian(options);
  return await guardian.run();
}

class Guardian {
  readonly #options: GuardianOptions;
  #child: Deno.ChildProcess | undefined;
  #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #signals = 0;
  #restarts: readonly number[] = [];
  #starts = 0;
  #startedAt = 0;
  /** The intensity was exceeded, and no run since has lasted its whole period. */
  #isSlow = false;
  #cancelPause: (() => void) | undefined;
  #killTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: GuardianOptions) {
    this.#options = options;
  }

  async run(): Promise<number> {
    const stopListening = this.#listen();
    try {
      for (;;) {
        const ended = await this.#runOnce();
        const code = this.#exitCodeOf(ended);
        if (code !== undefined) return code;
        await this.#pause(this.#pauseMs(ended.code));
        // Asked to stop between two runs of the node: no further one is started.
        if (this.#signals > 0) return this.#exitCodeAfterStop(ended.code);
      }
    } finally {
      stopListening();
    }
  }

  #listen(): () => void {
    const { stopsOnHangup = true, isOrphaned } = this.#options;
    const onSignal = () => this.#onSignal();
    // A terminal that closes hangs up more than once: that never insists.
    const onHangup = () => this.#signals === 0 && this.#onSignal();
    const signals: [Deno.Signal, () => void][] = [["SIGINT", onSignal], ["SIGTERM", onSignal]];
    if (stopsOnHangup) signals.push(["SIGHUP", onHangup]);
    for (const [signal, act] of signals) Deno.addSignalListener(signal, act);
    const check = async () => await isOrphaned?.() && onHangup();
    const timer = isOrphaned && setInterval(check, ORPHAN_CHECK_MS);
    return () => {
      for (const [signal, act] of signals) Deno.removeSignalListener(signal, act);
      clearInterval(timer);
    };
  }

  async #runOnce(): Promise<Deno.CommandStatus> {
    const { command, args, env, startVariable } = this.#options;
    const start = String(++this.#starts);
    this.#startedAt = Date.now();
    this.#child = new Deno.Command(command, {
      args: [...args],
      env: { ...env, ...(startVariable === undefined ? {} : { [startVariable]: start }) },
      // A stop is a line on the node's standard input; the end of that input means that the guardian died.
      stdin: "piped",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    const ended = await this.#child.status;
    clearTimeout(this.#killTimer);
    this.#child = undefined;
    await this.#stdin!.abort().catch(() => {});
    return ended;
  }

  /** The exit code to end with, or undefined to start the node again. */
  #exitCodeOf({ code, signal }: Deno.CommandStatus): number | undefined {
    if (this.#signals === 0 && signal === null && this.#options.isFinal(code, this.#starts)) return code;
    if (this.#signals > 0) return this.#exitCodeAfterStop(code);
    return this.#countRestart(signal === null ? `with exit code ${code}` : `by ${signal}`);
  }

  /** Counts a crash and reports what becomes of it. Returns the exit code to give up with, or undefined to go on. */
  #countRestart(how: string): number | undefined {
    const { intensity, giveUpCode, slowPauseMs = SLOW_PAUSE_MS, log } = this.#options;
    const now = Date.now();
    const { restarts, exceeded } = addRestart(this.#restarts, now, intensity);
    this.#restarts = restarts;
    this.#isSlow = exceeded || (this.#isSlow && now - this.#startedAt < intensity.periodMs);
    const often = `The node ended ${how}, ${restarts.length} times in ${intensity.periodMs / 1000} s`;
    if (exceeded && giveUpCode !== undefined) {
      log(`${often}: giving up`);
      return giveUpCode;
    }
    const next = this.#isSlow ? `starting it again in ${slowPauseMs / 1000} s` : "starting it again";
    log(`${exceeded ? often : `The node ended ${how}`}: ${next}`);
    return undefined;
  }

  #pauseMs(code: number): number {
    const { recycleCode, slowPauseMs = SLOW_PAUSE_MS } = this.#options;
    if (this.#isSlow) return slowPauseMs;
    return code === recycleCode ? 0 : backoffMs(this.#restarts.length, RESTART_BACKOFF, Math.random());
  }

  /** After a request to stop, an orderly exit for a fresh process counts as a stop. */
  #exitCodeAfterStop(code: number): number {
    const { interruptedCode, recycleCode } = this.#options;
    if (this.#signals > 1) return interruptedCode;
    return code === recycleCode ? 0 : code;
  }

  #onSignal(): void {
    this.#signals++;
    this.#cancelPause?.();
    if (this.#signals > 2) return this.#kill();
    if (this.#signals === 2) this.#killTimer = setTimeout(() => this.#kill(), KILL_AFTER_MS);
    this.#requestStop();
  }

  /** The write fails if the node has ended meanwhile. */
  #requestStop(): void {
    this.#stdin?.write(new TextEncoder().encode("stop\n")).catch(() => {});
  }

  #kill(): void {
    try {
      this.#child?.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#signals > 0 || ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#cancelPause = () => (clearTimeout(timer), resolve());
    });
  }
}
