/**
 * One event through four processors, in a real OpenTelemetry collector under the configuration of the compose file. The
 * collector is built from its Go modules, which takes minutes the first time.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../support/program.ts";
import { deployPath } from "../support/deploy/deploy_files.ts";
import { runTool } from "../support/deploy/tools.ts";
import { testsRequiring } from "../support/requires.ts";
import { Transcript } from "../support/transcript.ts";

const source = fileURLToPath(new URL("../support/deploy/collector", import.meta.url));
const go = await runTool("go", ["version"]);
const collectorTest = testsRequiring(
  go.success ? undefined : "there is no Go to build the collector with",
  true,
);

interface KeptSpan {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly spanId: string }[];
}

/** The compose file's configuration, with ports of its own, quick to decide, and a file of what it keeps. */
async function configure(folder: string, otlp: number): Promise<readonly string[]> {
  const { processors: { tail_sampling: { policies } } } = parse(
    await Deno.readTextFile(deployPath("compose/otel_collector.yaml")),
  ) as { processors: { tail_sampling: { policies: { type: string; name: string }[] } } };
  const chosen = policies.map((policy) =>
    policy.type === "probabilistic" ? { ...policy, probabilistic: { sampling_percentage: 100 } } : policy
  );
  const own = {
    extensions: { health_check: { endpoint: "127.0.0.1:0" } },
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
    processors: { tail_sampling: { decision_wait: "1s", policies: chosen } },
    exporters: { file: { path: join(folder, "kept.json") } },
    service: {
      telemetry: { metrics: { level: "none", readers: [] } },
      pipelines: { traces: { exporters: ["debug", "file"] } },
    },
  };
  // JSON is YAML.
  await Deno.writeTextFile(join(folder, "own.yaml"), JSON.stringify(own));
  return [`--config=${deployPath("compose/otel_collector.yaml")}`, `--config=${join(folder, "own.yaml")}`];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** What a collector keeps of a node that takes one case through, as `start` has it. */
async function keptOf(mode: "link" | "parent"): Promise<KeptSpan[]> {
  const folder = await Deno.makeTempDir({ prefix: "zaakstroom-collector-" });
  try {
    const program = join(folder, "otelcol");
    const build = ["build", "-trimpath", "-ldflags=-s -w", "-o", program, "."];
    const { success, err } = await runTool("go", build, { cwd: source });
    assert(success, err);
    const otlp = freePort();
    const args = [...await configure(folder, otlp)];
    const valid = await runTool(program, ["validate", ...args]);
    assert(valid.success, valid.err);
    const collector = new Deno.Command(program, { args, stdout: "null", stderr: "piped" }).spawn();
    const log = new Transcript(collector.stderr);
    await log.waitForLine(/Everything is ready/);
    const start = [
      "start",
      "--backend",
      "memory",
      "--count",
      "1",
      "--until-idle",
      "--traces",
      mode,
      "--port",
      "0",
    ];
    const env = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${otlp}` };
    const node = await run([...start, "--json", "--seed", "collected"], { env });
    assertEquals(node.code, 0, node.err);
    // It decides on what it has before it ends.
    collector.kill("SIGTERM");
    await Promise.all([collector.status, log.ended]);
    return spansIn(await Deno.readTextFile(join(folder, "kept.json")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function spansIn(text: string): KeptSpan[] {
  const batches = text.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return batches.flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans);
}

for (const mode of ["link", "parent"] as const) {
  collectorTest(`a real collector has the trace of one event through four processors (${mode})`, async () => {
    const spans = await keptOf(mode);
    const after = (before: KeptSpan, name: string) => {
      const found = spans.find((span) =>
        span.name === name && [span.parentSpanId, ...linked(span)].includes(before.spanId)
      );
      assert(found !== undefined, `${name} in ${JSON.stringify(spans)}`);
      return found!;
    };
    const appended = spans.find(({ name }) => name === "append events")!;
    const analysed = after(after(appended, "process intake"), "process analysis");
    // Both take the decision.
    for (const name of ["process decision", "process follow_up"]) after(analysed, name);
  });
}

function linked({ links = [] }: KeptSpan): readonly string[] {
  return links.map(({ spanId }) => spanId);
}
