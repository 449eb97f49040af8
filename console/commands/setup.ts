/** `setup`: makes a store where there is none, and shows where one differs from what this program wants. @module */
import type { OpenedStore } from "../../backends/nats/setup/streams.ts";
import { openEmbedded } from "../../backends/postgres/embedded/embedded.ts";
import type { Migrated } from "../../backends/postgres/setup/migrate.ts";
import { setUpPostgres } from "../../backends/postgres/postgres_backend.ts";
import { driftLines } from "../../schema/nats.ts";
import { flag, oneOf, postgresUrl } from "../../schema/settings.ts";
import { backendOptions, describeMigration, jsonOption } from "../store/open_backend.ts";
import { command, type Output } from "../cli/command.ts";
import { exitCodes, UsageError } from "../cli/exit_codes.ts";
import { openNatsServer } from "../store/nats_server.ts";
import type { Parsed, Values } from "../cli/options.ts";

const setupOptions = {
  ...backendOptions,
  backend: {
    ...backendOptions.backend,
    schema: oneOf(["postgres", "nats"]).default("postgres"),
    help: "postgres or nats (JetStream); default postgres",
  },
  apply: { schema: flag, help: "nats: change streams that differ from what is wanted" },
  json: jsonOption,
} as const;

type SetupValues = Values<typeof setupOptions>;

export const setup = command({
  name: "setup",
  summary: "Makes the store where there is none, and brings an existing one up to date",
  options: setupOptions,
  notes: [
    "postgres: makes the schema, or brings an older one up to date. nats: creates the streams that are missing, and shows",
    "as a diff where those that are there differ from what this program wants; they are changed only on --apply, for",
    "example from one replica to three: zaakstroom setup --backend nats --url nats://host:4222 --replicas 3 --apply",
    "",
    "start does the same, but for --apply. It may be run as often as one likes. Exit code 0: the store is as wanted; 1:",
    "it differs, and --apply was not given; 4 and 5: it can't be reached, or can't be used.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof setupOptions>, output) {
    if (positional.length > 0) throw new UsageError(`setup takes no arguments: ${positional[0]}`);
    return values.backend === "nats"
      ? await setUpStreams(values, output)
      : await setUpDatabase(values, output);
  },
});

async function setUpStreams(values: SetupValues, output: Output): Promise<number> {
  const { partitions, apply, json } = values;
  const server = await openNatsServer(values, "client");
  try {
    const { setUpNats } = await import("../../backends/nats/setup/options.ts");
    const store = await setUpNats({ ...server.options, partitions }, apply);
    if (json) output.out(JSON.stringify({ backend: "nats", where: server.where, applied: apply, ...store }));
    else renderStreams(store, apply).forEach(output.out);
    return apply || store.drift.length === 0 ? exitCodes.ok : exitCodes.failed;
  } finally {
    await server.close();
  }
}

function renderStreams({ created, drift, partitions, replicas }: OpenedStore, applied: boolean): string[] {
  const shape = `${partitions} partitions, ${replicas === 1 ? "1 replica" : `${replicas} replicas`}`;
  return [
    ...created.map((stream) => `Created the stream ${stream}`),
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
  const { url, pooler, partitions, apply, json } = values;
  if (apply) {
    throw new UsageError(
      "Cannot use --apply with --backend postgres: its schema is always brought up to date",
    );
  }
  if (url !== undefined && !postgresUrl.safeParse(url).success) {
    throw new UsageError("Cannot use --url: with --backend postgres it begins with postgres://");
  }
  const migrated = url === undefined
    ? await setUpEmbedded(values)
    : await setUpPostgres({ url, pooler, partitions });
  output.out(json ? JSON.stringify(toJson(migrated)) : describeMigration(migrated));
  return exitCodes.ok;
}

function toJson({ from, to, functionsReplaced, partitions }: Migrated) {
  return { backend: "postgres", from, to, functions_replaced: functionsReplaced, partitions };
}

async function setUpEmbedded({ "data-dir": dataDir, partitions }: SetupValues): Promise<Migrated> {
  const embedded = await openEmbedded({ role: "client", ...(dataDir === undefined ? {} : { dataDir }) });
  try {
    return await setUpPostgres({ ...embedded.connection, partitions });
  } finally {
    await embedded.close();
  }
}
