/** The options by which a command reaches a NATS server, and what they come to. @module */
import { flag, natsUrl, text, wholeNumber } from "../../schema/settings.ts";
import type { NatsOptions } from "../../backends/nats/setup/options.ts";
import { UsageError } from "../cli/exit_codes.ts";
import type { Values } from "../cli/options.ts";

/** A secret is better kept in a file or the environment: every user of the machine can read a command line. */
export const natsOptions = {
  "nats-creds": {
    schema: text.optional(),
    backends: ["nats"],
    value: "FILE",
    env: "ZAAKSTROOM_NATS_CREDS",
    help: "nats: credentials file (JWT and seed)",
  },
  "nats-nkey": {
    schema: text.optional(),
    backends: ["nats"],
    value: "FILE",
    env: "ZAAKSTROOM_NATS_NKEY",
    help: "nats: file with the seed of an nkey",
  },
  "nats-token": {
    schema: text.optional(),
    backends: ["nats"],
    value: "TOKEN",
    env: "ZAAKSTROOM_NATS_TOKEN",
    fromFile: true,
    secret: true,
    help: "nats: token; better from the environment or a file",
  },
  "nats-user": {
    schema: text.optional(),
    backends: ["nats"],
    value: "NAME",
    env: "ZAAKSTROOM_NATS_USER",
    help: "nats: user, with its password",
  },
  "nats-password": {
    schema: text.optional(),
    backends: ["nats"],
    value: "WORD",
    env: "ZAAKSTROOM_NATS_PASSWORD",
    fromFile: true,
    secret: true,
    help: "nats: password; better from the environment or a file",
  },
  "tls-ca": {
    schema: text.optional(),
    backends: ["postgres", "nats"],
    value: "FILE",
    env: "ZAAKSTROOM_TLS_CA",
    help:
      "PEM file of who signs the server's certificate; postgres: verify-full, unless the URL has an sslmode",
  },
  "tls-cert": {
    schema: text.optional(),
    backends: ["nats"],
    value: "FILE",
    env: "ZAAKSTROOM_TLS_CERT",
    help: "nats: PEM file of our own certificate, for mTLS",
  },
  "tls-key": {
    schema: text.optional(),
    backends: ["nats"],
    value: "FILE",
    env: "ZAAKSTROOM_TLS_KEY",
    help: "nats: PEM file of its key",
  },
  "models-file": {
    schema: text.optional(),
    backends: ["nats"],
    value: "FILE",
    env: "ZAAKSTROOM_MODELS_FILE",
    help:
      "nats: where this machine keeps the read models; default: beside the nats-server of its own, else in a node's memory",
  },
  replicas: {
    schema: wholeNumber(1, 5).optional(),
    backends: ["nats"],
    value: "N",
    env: "ZAAKSTROOM_REPLICAS",
    help: "nats: servers that hold each message of a new store (see setup for one that exists); default 1",
  },
  "nats-sync-always": {
    schema: flag,
    backends: ["nats"],
    env: "ZAAKSTROOM_NATS_SYNC_ALWAYS",
    help: "nats: the server is known to run with sync_interval: always, which it does not report",
  },
} as const;

type NatsValues = Values<typeof natsOptions>;

/** What was given of how to reach the server. Throws UsageError for what can't go together. */
export function natsOptionsOf(url: string, values: NatsValues): NatsOptions {
  if (!natsUrl.safeParse(url).success) {
    throw new UsageError("Cannot use --url: with --backend nats it begins with nats:// or tls://");
  }
  validateOptions(values);
  const { replicas } = values;
  return {
    url,
    credentials: credentialsOf(values),
    syncAlways: values["nats-sync-always"],
    models: values["models-file"],
    ...(replicas === undefined ? {} : { replicas }),
  };
}

function credentialsOf(values: NatsValues) {
  const given = {
    credsFile: values["nats-creds"],
    nkeyFile: values["nats-nkey"],
    token: values["nats-token"],
    user: values["nats-user"],
    password: values["nats-password"],
    caFile: values["tls-ca"],
    certFile: values["tls-cert"],
    keyFile: values["tls-key"],
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const CREDENTIAL_KINDS = ["nats-creds", "nats-nkey", "nats-token", "nats-user"] as const;

function validateOptions(values: NatsValues): void {
  const ways = CREDENTIAL_KINDS.filter((name) => values[name] !== undefined);
  if (ways.length > 1) throw new UsageError(`Cannot use --${ways[0]} together with --${ways[1]}: choose one`);
  requireBoth(values, "nats-user", "nats-password");
  requireBoth(values, "tls-cert", "tls-key");
}

function requireBoth(values: NatsValues, one: keyof NatsValues, other: keyof NatsValues): void {
  for (const [has, lacks] of [[one, other], [other, one]] as const) {
    if (values[has] !== undefined && values[lacks] === undefined) {
      throw new UsageError(`Cannot use --${has} without --${lacks}`);
    }
  }
}

/** The host of a server, for people: without user and password. */
export function hostsOf(url: string): string {
  return url.split(",").map((each) => new URL(each).host).join(",");
}
