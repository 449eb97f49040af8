/** Prometheus and promtool of a test's own: found on the PATH, or fetched once as Debian has them. @module */
import { dirname, join } from "node:path";
import { cleanEnv } from "../program.ts";
import { testsRequiring } from "../requires.ts";
import { Transcript } from "../transcript.ts";

const PROGRAMS = ["prometheus", "promtool"] as const;
export type PrometheusPrograms = Readonly<Record<(typeof PROGRAMS)[number], string>>;

const FETCH_MS = 60_000;
const CACHE = join(
  Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/tmp", ".cache"),
  "zaakstroom",
  "prometheus",
);

/** The programs; undefined where they are neither installed nor to be had from a Debian mirror. */
async function findPrometheus(): Promise<PrometheusPrograms | undefined> {
  const places = [...(Deno.env.get("PATH") ?? "").split(":"), join(CACHE, "usr/bin")];
  const find = async () => {
    for (const place of places) {
      const paths = PROGRAMS.map((program) => join(place, program));
      if ((await Promise.all(paths.map(isFile))).every(Boolean)) {
        return { prometheus: paths[0]!, promtool: paths[1]! };
      }
    }
    return undefined;
  };
  return await find() ?? (await fetchPackage() ? await find() : undefined);
}

function isFile(path: string): Promise<boolean> {
  return Deno.stat(path).then((stat) => stat.isFile, () => false);
}

/** Unpacks the package beside the system: nothing is installed, and no service is started. */
async function fetchPackage(): Promise<boolean> {
  if (!await isFile("/usr/bin/apt-get")) return false;
  const into = await Deno.makeTempDir({ prefix: "zaakstroom-prometheus-" });
  try {
    const download = () => succeeds("apt-get", ["-qq", "download", "prometheus"], into);
    const isThere = await download() ||
      (await succeeds("apt-get", ["-qq", "update"], into) && await download());
    if (!isThere) return false;
    const [{ name }] = await Array.fromAsync(Deno.readDir(into)) as [Deno.DirEntry];
    return await unpack(join(into, name), into);
  } finally {
    await Deno.remove(into, { recursive: true });
  }
}

/** Other tests may do the same at this time: the directory appears whole, and the first one stays. */
async function unpack(file: string, into: string): Promise<boolean> {
  if (!await succeeds("dpkg", ["-x", file, join(into, "unpacked")], into)) return false;
  await Deno.mkdir(dirname(CACHE), { recursive: true });
  const near = await Deno.makeTempDir({ dir: dirname(CACHE) });
  try {
    if (!await succeeds("cp", ["-a", `${into}/unpacked/.`, near], into)) return false;
    await Deno.rename(near, CACHE).catch(() => {});
    return await isFile(join(CACHE, "usr/bin/promtool"));
  } finally {
    await Deno.remove(near, { recursive: true }).catch(() => {});
  }
}

async function succeeds(program: string, args: readonly string[], cwd: string): Promise<boolean> {
  const signal = AbortSignal.timeout(FETCH_MS);
  const silent = { stdin: "null", stdout: "null", stderr: "null" } as const;
  return await new Deno.Command(program, { args: [...args], cwd, signal, ...silent }).output().then(
    ({ success }) => success,
    () => false,
  );
}

const found = await findPrometheus();

const MISSING = "Prometheus is neither here nor to be had from Debian: apt-get install prometheus";

/** `Deno.test` for tests that run Prometheus or promtool: ignored, loudly, where they can't be had. */
export const prometheusTest = testsRequiring(found ? undefined : MISSING, true);

/** The programs. Only tests of `prometheusTest` may ask for them. */
export function prometheusPrograms(): PrometheusPrograms {
  if (found === undefined) throw new Error("Prometheus is not here");
  return found;
}

/** Runs promtool on a text or on files. Throws with what it says when it finds fault. */
export async function promtool(args: readonly string[], input = ""): Promise<string> {
  const { promtool } = prometheusPrograms();
  const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(promtool, { args: [...args], ...piped }).spawn();
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

/** A Prometheus that scrapes nodes each half second and evaluates the rules of this repository. */
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
      global: { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "500ms" },
      rule_files: ruleFiles,
      scrape_configs: [{ job_name: "zaakstroom", static_configs: [{ targets }] }],
    };
    // JSON is YAML.
    await Deno.writeTextFile(join(root, "prometheus.yaml"), JSON.stringify(config));
    const address = `127.0.0.1:${freePort()}`;
    const child = new Deno.Command(prometheusPrograms().prometheus, {
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

  /** Asks until the answer has samples. */
  async waitFor(expression: string, timeoutMs = 30_000): Promise<readonly Sample[]> {
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
