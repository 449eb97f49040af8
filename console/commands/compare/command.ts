/** `compare`: the backends side by side on the same work, and other programs beside them. @module */
import { duration, flag, natsUrl, postgresUrl, rate, text, wholeNumber } from "../../../schema/settings.ts";
import { backendOptions, jsonOption } from "../../store/open_backend.ts";
import { command } from "../../cli/command.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import { defaultWorkers } from "../../node/node.ts";
import type { Parsed, Values } from "../../cli/options.ts";

const compareOptions = {
  "postgres-url": {
    schema: postgresUrl.optional(),
    value: "URL",
    help: "PostgreSQL server to use; default: an embedded one in a new directory, removed at the end",
  },
  "nats-url": {
    schema: natsUrl.optional(),
    value: "URL",
    help: "nats-server with JetStream to use; default: a development server, where there is one",
  },
  rounds: {
    schema: wholeNumber(1, 100).default(3),
    value: "N",
    help: "so often each backend has its turn; default 3",
  },
  count: {
    schema: wholeNumber(100, 10_000_000).default(20_000),
    value: "N",
    help: "intakes a step; default 20000",
  },
  rate: {
    schema: rate.default(200),
    value: "RATE",
    help: "at which latency is measured, e.g. 200/sec; default 200/sec",
  },
  duration: { schema: duration.default(5_000), value: "TIME", help: "for so long; default 5s" },
  workers: {
    schema: wholeNumber(1, 64).default(defaultWorkers()),
    value: "N",
    env: "ZAAKSTROOM_WORKERS",
    help: `worker threads; default ${defaultWorkers()} here`,
  },
  partitions: backendOptions.partitions,
  peers: {
    schema: flag,
    help:
      "add graphile-worker, pg-boss and emmett on the same PostgreSQL (from a clone; fetches them from npm)",
  },
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed gives the same work; default: a new one",
  },
  report: {
    schema: text.optional(),
    value: "DIR",
    help: "write comparison.md, comparison.html and plots there",
  },
  json: jsonOption,
} as const;

export type CompareValues = Values<typeof compareOptions>;

export const compare = command({
  name: "compare",
  summary: "Puts the backends side by side on the same seeded work, in turns, in one run",
  options: compareOptions,
  notes: [
    "What cannot be had (no nats-server) is left out, and named. What is stored on servers of your own (--postgres-url,",
    "--nats-url) stays there: use ones that may keep generated cases. On PostgreSQL run setup on it first.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof compareOptions>, output) {
    if (positional.length > 0) throw new UsageError(`compare takes no arguments: ${positional[0]}`);
    if (values.peers && Deno.build.standalone) {
      throw new UsageError("Cannot use --peers in the compiled program: run it from a clone");
    }
    const { runCompare } = await import("./run.ts");
    return await runCompare(values, output);
  },
});
