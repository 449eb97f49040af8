/** A store of the selftest's own, of the kind a node would use, that is gone when the selftest ends. @module */
import { BackendUnusable } from "../../../backends/backend.ts";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { POSTGRES_VERSION } from "../../../backends/postgres/embedded/platform.ts";
import { codeOf } from "../../../backends/postgres/connection/errors.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import { openBackend, type OpenedBackend, type OpenOptions } from "../../store/open_backend.ts";
import type { BackendValues } from "../../store/options.ts";

/** What the store is, in words, with the store. */
export interface TemporaryStore {
  readonly description: string;
  readonly opened: OpenedBackend;
  /** Closes it and removes all of it. */
  remove(): Promise<void>;
}

/** Opens a store that nobody else uses: in memory, in a temporary directory, or in a database made for it. */
export async function openTemporaryStore(
  values: BackendValues,
  openOptions: OpenOptions,
): Promise<TemporaryStore> {
  if (values.backend === "memory") {
    const opened = await openBackend(values, openOptions);
    return { description: "memory", opened, remove: () => opened.close() };
  }
  if (values.backend === "nats" && values.url !== undefined) {
    throw new UsageError(
      "Cannot use --url with --backend nats here: a server of its own is started for the selftest",
    );
  }
  return values.url === undefined
    ? await openTemporaryDirectory(values, openOptions)
    : await openTemporaryDatabase(values.url, values, openOptions);
}

async function openTemporaryDirectory(
  values: BackendValues,
  openOptions: OpenOptions,
): Promise<TemporaryStore> {
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-selftest-" });
  const forget = () => Deno.remove(directory, { recursive: true });
  try {
    const opened = await openBackend({ ...values, "data-dir": directory }, openOptions);
    const remove = () => opened.close().finally(forget);
    const description = values.backend === "nats"
      ? "a nats-server"
      : `PostgreSQL ${POSTGRES_VERSION} embedded`;
    return { description, opened, remove };
  } catch (error) {
    await forget();
    throw error;
  }
}

/** What is stored stays stored: a case of ours has no place in somebody's store, so it gets a database of its own. */
async function openTemporaryDatabase(
  url: string,
  values: BackendValues,
  openOptions: OpenOptions,
): Promise<TemporaryStore> {
  const name = `zaakstroom_selftest_${crypto.randomUUID().slice(0, 8)}`;
  const server = new PostgresClient({ url }, { connections: 1 });
  try {
    const version = await createDatabase(server, name);
    const opened = await openBackend({ ...values, url: withDatabase(url, name) }, openOptions)
      .catch((error) => dropDatabase(server, name).then(() => Promise.reject(error)));
    return {
      description: `PostgreSQL ${version} at ${new URL(url).host}`,
      opened,
      remove: () => opened.close().then(() => dropDatabase(server, name)).finally(() => server.close()),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** @returns the version of the server, as it calls it */
async function createDatabase(server: PostgresClient, name: string): Promise<string> {
  const [row] = await server.run((sql) => sql`select split_part(version(), ' ', 2) as version`);
  try {
    await server.run((sql) => sql.unsafe(`create database ${name}`));
  } catch (error) {
    if (codeOf((error as Error).cause) !== "42501") throw error;
    throw new BackendUnusable(
      "The selftest makes a database of its own on the server, and this user may not: " +
        "grant CREATEDB, or run it without --url",
    );
  }
  return row!.version;
}

async function dropDatabase(server: PostgresClient, name: string): Promise<void> {
  await server.runIdempotent((sql) => sql.unsafe(`drop database if exists ${name} with (force)`));
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
