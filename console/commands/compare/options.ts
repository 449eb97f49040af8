/** The options of `compare`, as the command declares them and the run reads them. @module */
import { duration, flag, natsUrl, postgresUrl, rate, text, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions, workersOption } from "../../store/options.ts";

export const compareOptions = {
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
    help: "turns of each backend; default 3",
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
  duration: { schema: duration.default(5_000), value: "TIME", help: "for this long; default 5s" },
  workers: workersOption,
  partitions: backendOptions.partitions,
  peers: {
    schema: flag,
    help:
      "add graphile-worker, pg-boss and emmett on the same PostgreSQL (from a clone; fetches them from npm)",
  },
  relayed: {
    schema: flag,
    help:
      "instead: settle the same intakes on PostgreSQL and, relayed into ingest, on JetStream; the decisions must be equal",
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
  ...outputOptions,
} as const;

export type CompareValues = Values<typeof compareOptions>;
