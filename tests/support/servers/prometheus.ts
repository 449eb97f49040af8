/** Prometheus and promtool of a test's own: as Debian has them. @module */
import { join } from "node:path";
import { cleanEnv } from "../program.ts";
import { testsWithDebian } from "../deploy/debian_tools.ts";
import { Transcript } from "../transcript.ts";

const { test, folder } = await testsWithDebian("prometheus");

/** `Deno.test` for tests that run Prometheus or promtool: ignored, loudly, where they can't be had. */
export const prometheusTest = test;

const programOf = (name: "prometheus" | "promtool") => join(folder, "usr/bin", name);

/** Runs promtool on a text or on files. Throws with what it says when it finds fault. */
export async function promtool(args: readonly string[], input = ""): Promise<string> {
  const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(programOf("promtool"), { args: [...args], ...piped }).spawn();
  const writer = child.stdin.getWriter();
  // It may end without having read.
  await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(`promtool ${args.join(" ")}:\n${said}`);
  return said;
}

/** One sample of a query's answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A rule as Prometheus tells it. */
export interface EvaluatedRule {
  readonly name: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
}

/** A Prometheus that scrapes nodes each second and evaluates the rules of this repository. */
export class TestPrometheus implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #log: Transcript;

  private constructor(child: Deno.ChildProcess, readonly url: string, readonly root: string) {
    this.#child = child;
    this.#log = new Transcript(child.stderr);
  }

  /** @param targets host and port of each node, under the job `zaakstroom` */
  static async start(targets: readonly string[], ruleFiles: readonly string[]): Promise<TestPrometheus> {
    const root = await Deno.makeTempDir({ prefix: "zaakstroom-prometheus-" });
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: ruleFiles,
      scrape_configs: [{ job_name: "zaakstroom", static_configs: [{ targets }] }],
    };
    // JSON is YAML.
    await Deno.writeTextFile(join(root, "prometheus.yaml"), JSON.stringify(config));
    const address = `127.0.0.1:${freePort()}`;
    const child = new Deno.Command(programOf("prometheus"), {
      args: [
        `--config.file=${root}/prometheus.yaml`,
        `--storage.tsdb.path=${root}/data`,
        `--web.listen-address=${address}`,
      ],
      env: cleanEnv(),
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const prometheus = new TestPrometheus(child, `http://${address}`, root);
    await prometheus.#log.waitForLine(/Server is ready/);
    return prometheus;
  }

  readonly query = async (expression: string): Promise<readonly Sample[]> => {
    const url = `${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const answer = await (await fetch(url)).json();
    if (answer.status !== "success") throw new Error(`${expression}: ${answer.error}`);
    const { resultType, result } = answer.data;
    return resultType === "vector" ? result : [{ metric: {}, value: result }];
  };

  /** Every rule, once each was evaluated. */
  readonly rules = async (): Promise<readonly EvaluatedRule[]> => {
    for (;;) {
      const { data } = await (await fetch(`${this.url}/api/v1/rules`)).json();
      const rules = data.groups.flatMap((group: { rules: EvaluatedRule[] }) =>
        group.rules
      ) as EvaluatedRule[];
      if (rules.every(({ health }) => health !== "unknown")) return rules;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  /** Asks until the answer has samples: a scrape that a busy node missed leaves none until the next one. */
  async waitFor(expression: string, timeoutMs = 120_000): Promise<readonly Sample[]> {
    for (const end = performance.now() + timeoutMs;;) {
      const samples = await this.query(expression);
      if (samples.length > 0) return samples;
      if (performance.now() > end) throw new Error(`no sample of ${expression} in ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await Promise.all([this.#child.status, this.#log.ended]);
    await Deno.remove(this.root, { recursive: true });
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
