/** The options of `start`, as the command declares them and the node reads them. @module */
import { caseVariantNames } from "../../simulators/cases/variants.ts";
import { timeScale } from "../../simulators/citizen/simulated_clock.ts";
import { duration, flag, httpUrl, oneOf, rate, text, timestamp, wholeNumber } from "../../schema/settings.ts";
import { traceModes } from "../../backends/tracing/tracing.ts";
import { eventNamesOptions } from "../store/event_names.ts";
import { backendOptions, jsonOption, plainOption, workersOption } from "../store/options.ts";
import type { Values } from "../cli/options.ts";
import { logLevels } from "../telemetry/log_line.ts";

/** What `start` takes. */
export const startOptions = {
  ...backendOptions,
  workers: workersOption,
  plain: plainOption,
  simulate: { schema: rate.optional(), value: "RATE", help: "feed generated cases, e.g. 100/sec" },
  count: {
    schema: wholeNumber(1, 100_000_000).optional(),
    value: "N",
    help: "feed this many generated cases",
  },
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed and --from give the same cases; default: a new one",
  },
  scenario: {
    schema: oneOf(caseVariantNames as [string, ...string[]]).default("none"),
    value: "NAME",
    help: `a labelled departure from the sourced figures: ${caseVariantNames.join(", ")}`,
  },
  from: {
    schema: timestamp.optional(),
    value: "TIME",
    help: "when the first generated case arrives; default: now",
  },
  "time-scale": {
    schema: timeScale.optional(),
    value: "SCALE",
    help: "play the citizen in simulated time that begins at --from, e.g. 1y/min",
  },
  "demo-faults": {
    schema: flag,
    help:
      "for a look at repairing: for a minute the intake fails at one generated case in sixteen, and at no other",
  },
  "until-idle": { schema: flag, help: "end when nothing is left to do, with a summary and the ledger" },
  "give-up": {
    schema: flag,
    help: "on the command line: end with exit code 70 after 11 crashes in a minute, not one start a minute",
  },
  json: { ...jsonOption, help: "print the summary, and log, as JSON" },
  host: {
    schema: text.default("127.0.0.1"),
    value: "HOST",
    env: "ZAAKSTROOM_HOST",
    help: "address for the console, /health and /metrics; default 127.0.0.1",
  },
  port: {
    schema: wholeNumber(0, 65_535).default(8080),
    value: "PORT",
    env: "ZAAKSTROOM_PORT",
    help: "port for the console, /health and /metrics, 0 for any free one; default 8080",
  },
  "http-hosts": {
    schema: text.transform((names) => names.split(",").map((name) => name.trim())).optional(),
    value: "NAMES",
    env: "ZAAKSTROOM_HTTP_HOSTS",
    help: "names clients may call this node by, separated by commas, for all but probes and /metrics; " +
      "default: those of the loopback, and --host",
  },
  console: {
    schema: oneOf(["on", "off"]).optional(),
    value: "on|off",
    env: "ZAAKSTROOM_CONSOLE",
    help:
      "serve the console in a browser; default: on where only this machine reaches --host, or with --auth token",
  },
  auth: {
    schema: oneOf(["link", "token"]).default("link"),
    value: "WAY",
    env: "ZAAKSTROOM_AUTH",
    help:
      "how people sign in to the console: link (one of this machine) or token (see --tokens); default link",
  },
  tokens: {
    schema: text.optional(),
    value: "FILE",
    env: "ZAAKSTROOM_TOKENS",
    help: "who has a token, for people with --auth token and for programs: see the command token",
  },
  "public-url": {
    schema: httpUrl.optional(),
    value: "URL",
    env: "ZAAKSTROOM_PUBLIC_URL",
    help: "the address of the console for people, where a proxy stands before this node",
  },
  node: {
    schema: text.optional(),
    value: "NAME",
    env: "ZAAKSTROOM_NODE",
    help: "name of this node; default: a new one",
  },
  lease: {
    schema: duration.optional(),
    value: "TIME",
    env: "ZAAKSTROOM_LEASE",
    help: "how soon others take over from a node that is gone; default 5s, with --replicas 15s",
  },
  policy: {
    schema: text.optional(),
    value: "FILE",
    env: "ZAAKSTROOM_POLICY",
    help:
      "what becomes of failures, and `mandates` of the system, as JSON: see docs/how-to/dead_letters.md; default: 5 attempts, then a dead letter; no mandate",
  },
  projections: {
    schema: text.optional(),
    backends: ["postgres", "nats", "memory"],
    value: "NAMES",
    env: "ZAAKSTROOM_PROJECTIONS",
    help: "read models that this node keeps, separated by commas, or off; default: all of them",
  },
  "fan-out": {
    schema: text.optional(),
    backends: ["nats"],
    value: "TYPES",
    env: "ZAAKSTROOM_FAN_OUT",
    help:
      "nats: types of events that are copied to subjects for others (cases.decision, …), separated by commas, or off; default: all of them",
  },
  "fan-out-personal": {
    schema: flag,
    backends: ["nats"],
    env: "ZAAKSTROOM_FAN_OUT_PERSONAL",
    help: "nats: with the personal fields, which the copies otherwise leave out",
  },
  relay: {
    schema: text.transform((targets) => targets.split(",").map((each) => each.trim())).optional(),
    value: "TARGETS",
    env: "ZAAKSTROOM_RELAY",
    help:
      "bring the log there too: targets of the command relay, separated by commas; personal data is masked",
  },
  ...eventNamesOptions,
  "log-level": {
    schema: oneOf(logLevels).default("info"),
    value: "LEVEL",
    env: "ZAAKSTROOM_LOG_LEVEL",
    help: `what the log has: ${logLevels.join(", ")}; default info, which is all of it`,
  },
  traces: {
    schema: oneOf(traceModes).default("link"),
    value: "MODE",
    env: "ZAAKSTROOM_TRACES",
    help:
      "with OTEL_DENO=true: how the work on an event is tied to what made it: link (a trace of its own, linked) " +
      "or parent (the same trace); default link",
  },
  "stop-within": {
    schema: duration.default(10_000),
    value: "TIME",
    help: "deadline for a graceful stop; default 10s",
  },
} as const;

/** What the options of `start` come to. */
export type StartValues = Values<typeof startOptions> & {
  /** No beginning was given: generated cases come in as the node runs. */
  readonly arrivesNow?: boolean;
};
