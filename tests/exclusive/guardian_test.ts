import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";

/** A guardian in a process of its own, and what it and its node say. */
class Guarded {
  readonly process: Deno.ChildProcess;
  readonly lines: string[] = [];
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #counted = Deno.makeTempFileSync();
  #rest = "";

  constructor(...act: string[]) {
    const guardian = new URL("../support/misbehaving/guardian.ts", import.meta.url).pathname;
    const [name, ...more] = act as [string, ...string[]];
    this.process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-all", guardian, name, this.#counted, ...more],
      stdout: "piped",
      stdin: "null",
    }).spawn();
    this.#reader = this.process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next line that matches; undefined when the output ends before. */
  async line(pattern: RegExp): Promise<RegExpExecArray | undefined> {
    for (;;) {
      const cut = this.#rest.indexOf("\n");
      if (cut === -1) {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#rest += value;
        continue;
      }
      const line = this.#rest.slice(0, cut);
      this.#rest = this.#rest.slice(cut + 1);
      this.lines.push(line);
      const match = pattern.exec(line);
      if (match !== null) return match;
    }
  }

  /** Resolves, when the node has started, to its process id. */
  async started(): Promise<number> {
    return Number((await this.line(/^started \d+ (\d+)$/))![1]);
  }

  /** When the guardian said what was read last, in milliseconds by its own clock. */
  async reportedAt(): Promise<number> {
    return Number((await this.line(/^at (.*)$/))![1]);
  }

  /** The exit code, once everything was said. */
  async end(): Promise<number> {
    await this.line(/^(?!)/);
    const { code } = await this.process.status;
    await Deno.remove(this.#counted);
    return code;
  }

  count(word: string): number {
    return this.lines.filter((line) => line.startsWith(word)).length;
  }
}

Deno.test("a node that is killed is started again", async () => {
  const guarded = new Guarded("wait");
  Deno.kill(await guarded.started(), "SIGKILL");
  assertMatch((await guarded.line(/^tell /))!.input, /ended by SIGKILL: starting it again/);
  await guarded.started();
  guarded.process.kill("SIGTERM");
  assertEquals(await guarded.end(), 43);
});

Deno.test("a node that asks to be recycled is started again", async () => {
  const guarded = new Guarded("exit_once", "75");
  assertMatch((await guarded.line(/^tell .*exit code 75/))!.input, /: starting it again$/);
  assertEquals([await guarded.end(), guarded.count("started")], [0, 2]);
});

for (const code of [0, 2]) {
  Deno.test(`a node that ends with its answer (${code}) is not started again`, async () => {
    const guarded = new Guarded("exit", String(code));
    assertEquals([await guarded.end(), guarded.count("started"), guarded.count("tell")], [code, 1, 0]);
  });
}

Deno.test("with --give-up a node that dies again and again is given up on with 70, in one line", async () => {
  const guarded = new Guarded("exit", "71", "--give-up");
  assertEquals([await guarded.end(), guarded.count("started")], [70, 4]);
  const given = guarded.lines.filter((line) => line.includes("giving up"));
  assertEquals(given, ["tell The node ended with exit code 71, 4 times in 60 s: giving up"]);
  assertEquals(guarded.count("tell"), 4);
});

Deno.test("a node that dies again and again is started at the slow pace from then on, and a signal ends that", async () => {
  const guarded = new Guarded("exit", "70");
  const often = "tell The node ended with exit code 70, 4 times in 60 s: starting it again in 1 s";
  assertEquals((await guarded.line(/times in/))!.input, often);
  let reported = await guarded.reportedAt();
  for (let start = 5; start <= 6; start++) {
    await guarded.line(/ times in 60 s: starting it again in 1 s$/);
    const before = reported;
    reported = await guarded.reportedAt();
    assertGreater(reported - before, 900);
  }
  guarded.process.kill("SIGTERM");
  assertEquals(await guarded.end(), 70);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`${signal} asks the node to stop, and its exit code is passed on`, async () => {
    const guarded = new Guarded("wait");
    await guarded.started();
    guarded.process.kill(signal);
    assertEquals((await guarded.line(/^heard/))!.input, "heard stop");
    assertEquals([await guarded.end(), guarded.count("started")], [42, 1]);
  });
}

Deno.test("a node that asks to be recycled when it is asked to stop has stopped, and nothing went wrong", async () => {
  const guarded = new Guarded("wait_and_exit", "75");
  await guarded.started();
  guarded.process.kill("SIGTERM");
  assertEquals([await guarded.end(), guarded.count("started")], [0, 1]);
});

Deno.test("a second hang-up does not insist", async () => {
  const guarded = new Guarded("slow");
  const node = await guarded.started();
  guarded.process.kill("SIGHUP");
  await guarded.line(/^heard stop/);
  guarded.process.kill("SIGHUP");
  // Time enough for a guardian that would insist.
  await new Promise((resolve) => setTimeout(resolve, 500));
  Deno.kill(node, "SIGUSR1");
  assertEquals([await guarded.end(), guarded.count("started")], [42, 1]);
});

Deno.test("a second signal ends a node that does not stop, and the exit code says so", async () => {
  const guarded = new Guarded("deaf");
  const node = await guarded.started();
  guarded.process.kill("SIGTERM");
  await guarded.line(/^heard stop/);
  guarded.process.kill("SIGTERM");
  assertEquals([await guarded.end(), guarded.count("started")], [130, 1]);
  assert(!isThere(node));
});

Deno.test("a signal between two lives of the node starts no further one", async () => {
  // Nobody could mistake a pause that was waited out for one that was cut short.
  const guarded = new Guarded("exit", "70", "--slow-pause=3600000");
  await guarded.line(/starting it again in 3600 s$/);
  guarded.process.kill("SIGTERM");
  assertEquals([await guarded.end(), guarded.count("started")], [70, 4]);
});

Deno.test("the node sees the end of its input when its guardian is killed", async () => {
  const guarded = new Guarded("wait");
  await guarded.started();
  guarded.process.kill("SIGKILL");
  assertEquals((await guarded.line(/^heard/))!.input, "heard end of input");
  assertEquals(await guarded.end(), 137);
});

function isThere(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}
