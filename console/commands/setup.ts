/** `setup`: makes a store where there is none, and shows where one differs from what this program wants. @module */
import type { OpenedStore } from "../../backends/nats/setup/streams.ts";
import type { Migrated } from "../../backends/postgres/setup/migrate.ts";
import { fanOutStarts } from "../../backends/fan_out.ts";
import { driftLines } from "../../schema/nats.ts";
import { addressOf } from "../../schema/postgres/postgres_url.ts";
import { flag, oneOf } from "../../schema/settings.ts";
import { command, type Output } from "../cli/command.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import type { Parsed } from "../cli/options.ts";
import { outputOptions, printResult, toSnakeCase } from "../cli/output.ts";
import { openNatsServer } from "../store/nats_server.ts";
import { describeMigration, requirePartitions } from "../store/open_backend.ts";
import { backendOptions, serverBackendOption } from "../store/options.ts";
import { namingServer, requirePostgresUrl } from "../store/server_address.ts";

const setupOptions = {
  ...backendOptions,
  backend: serverBackendOption,
  apply: {
    schema: flag,
    backends: ["nats"],
    help: "nats: change streams that differ, and make anew what was lost",
  },
  "fan-out": {
    schema: oneOf(["on", "off"]).default("on"),
    backends: ["nats"],
    value: "on|off",
    help:
      "nats: whether the store has a stream of events for others (see start); off keeps one that is there",
  },
  "fan-out-from": {
    schema: oneOf(fanOutStarts).optional(),
    backends: ["nats"],
    value: "now|beginning",
    help: "nats: where a fan-out goes on that does not know how far it came",
  },
  "print-roles": {
    schema: flag,
    backends: ["postgres", "nats"],
    help:
      "only print the roles of a store and their rights, for an administrator: SQL, or NATS configuration",
  },
  ...outputOptions,
} as const;

type SetupCall = Parsed<typeof setupOptions>;
type SetupValues = SetupCall["values"];

export const setup = command({
  name: "setup",
  summary: "Makes the store where there is none, and brings an existing one up to date",
  options: setupOptions,
  notes: [
    "postgres: makes the schema, or brings an older one up to date. nats: creates the streams that are missing, and shows",
    "as a diff where those that are there differ from what this program wants; they are changed only on --apply. Where the",
    "log is gone, or older than the rest of its store, nothing is made anew but on --apply.",
    "start does the same, but for --apply. It may be run as often as one likes.",
  ].join("\n"),
  examples: [
    ["zaakstroom setup --url postgres://user@host/database", "makes the schema, or brings it up to date"],
    ["zaakstroom setup --backend nats --url nats://host --replicas 3 --apply", "from one replica to three"],
    ["zaakstroom setup --print-roles > roles.sql", "who may do what, for psql"],
  ],
  exits: {
    [exitCodes.ok]: "the store is as wanted",
    [exitCodes.failed]: "it differs, and --apply was not given",
  },
  async run({ values }: SetupCall, output) {
    if (values["print-roles"]) return await printRoles(values, output);
    return values.backend === "nats"
      ? await setUpStreams(values, output)
      : await setUpDatabase(values, output);
  },
});

/** Touches no server: whoever may make roles is seldom who may run this program. */
async function printRoles({ backend }: SetupValues, { out }: Output): Promise<number> {
  if (backend === "nats") out((await import("../../schema/nats/rights.ts")).natsRolesText());
  else out((await import("../../schema/postgres/rights.ts")).rolesText());
  return exitCodes.ok;
}

async function setUpStreams(values: SetupValues, output: Output): Promise<number> {
  const { partitions, apply } = values;
  const server = await openNatsServer(values, "client");
  try {
    const { setUpNats } = await import("../../backends/nats/setup/options.ts");
    const fanOut = { hasFanOut: values["fan-out"] === "on", fanOutFrom: values["fan-out-from"] };
    const store = await setUpNats({ ...server.options, partitions }, apply, fanOut)
      .catch(namingServer(values.url && server.where));
    requirePartitions(store.partitions, values);
    printResult(output, values, {
      json: toSnakeCase({ backend: "nats", where: server.where, applied: apply, ...store }) as object,
      text: renderStreams(store, apply).join("\n"),
    });
    return apply || store.drift.length === 0 ? exitCodes.ok : exitCodes.failed;
  } finally {
    await server.close();
  }
}

function renderStreams(
  { created, emptied, drift, partitions, replicas }: OpenedStore,
  applied: boolean,
): string[] {
  const shape = `${partitions} partitions, ${replicas === 1 ? "1 replica" : `${replicas} replicas`}`;
  return [
    ...created.map((stream) => `Created the stream ${stream}`),
    ...emptied.map((stream) => `Emptied the stream ${stream}, which was made of another log`),
    ...drift.flatMap(({ stream, drift }) => [
      `${applied ? "Changed" : "The stream"} ${stream}${applied ? "" : " differs from what is wanted"}:`,
      ...driftLines(drift).map((line) => `  ${line}`),
    ]),
    drift.length === 0 || applied
      ? `The store is as wanted: ${shape}`
      : "Nothing was changed: add --apply to make it as wanted",
  ];
}

async function setUpDatabase(values: SetupValues, output: Output): Promise<number> {
  const { url, pooler, partitions } = values;
  requirePostgresUrl(values);
  const { setUpPostgres } = await import("../../backends/postgres/postgres_backend.ts");
  const migrated = url === undefined
    ? await setUpEmbedded(values)
    : await setUpPostgres({ url, pooler, partitions, caFile: values["tls-ca"] })
      .catch(namingServer(addressOf(url)));
  requirePartitions(migrated.partitions, values);
  printResult(output, values, { json: toJson(migrated), text: describeMigration(migrated) });
  return exitCodes.ok;
}

function toJson({ from, to, functionsReplaced, partitions }: Migrated) {
  return { backend: "postgres", from, to, functions_replaced: functionsReplaced, partitions };
}

async function setUpEmbedded({ "data-dir": dataDir, partitions }: SetupValues): Promise<Migrated> {
  const { openEmbedded } = await import("../../backends/postgres/embedded/embedded.ts");
  const { setUpPostgres } = await import("../../backends/postgres/postgres_backend.ts");
  const embedded = await openEmbedded({ role: "client", ...(dataDir === undefined ? {} : { dataDir }) });
  try {
    return await setUpPostgres({ ...embedded.connection, partitions });
  } finally {
    await embedded.close();
  }
}
