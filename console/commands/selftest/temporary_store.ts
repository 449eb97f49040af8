/** A store of the selftest's own, which is gone when the selftest ends. @module */
import { join } from "node:path";
import { BackendUnusable } from "../../../backends/errors.ts";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { codeOf } from "../../../backends/postgres/connection/errors.ts";
import { addressOf, withDatabase } from "../../../schema/postgres/postgres_url.ts";

/** Where a node stores the case, as its command line and its environment. */
export interface TemporaryStore {
  /** For people. */
  readonly description: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Makes a store of the kind a node would use: in memory, in a temporary directory, or in a database made for it. */
export async function openTemporaryStore(
  { backend, url }: { readonly backend: string; readonly url: string | undefined },
): Promise<TemporaryStore> {
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-selftest-" });
  await Deno.chmod(directory, 0o711); // as root the database runs as another user, who must pass
  const removeDirectory = () => Deno.remove(directory, { recursive: true });
  // The user's settings may name a store that holds something: an empty file stands in their place.
  const config = join(directory, "config.json");
  await Deno.writeTextFile(config, "{}");
  const args = ["--backend", backend, "--config-file", config];
  if (url === undefined) {
    const place = backend === "memory" ? [] : ["--data-dir", join(directory, "store")];
    const description = backend === "memory" ? "memory" : `${backend} embedded`;
    return {
      description,
      args: [...args, ...place],
      env: { DATABASE_URL: "", DATABASE_URL_FILE: "" },
      remove: removeDirectory,
    };
  }
  try {
    const database = await createDatabase(url);
    return {
      description: `PostgreSQL at ${addressOf(url)}`,
      args,
      env: { DATABASE_URL: database.url, DATABASE_URL_FILE: "" },
      remove: () => database.drop().finally(removeDirectory),
    };
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}

/** What is stored stays stored: a test case has no place in a store that is used, so it gets a database of its own. */
async function createDatabase(url: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `zaakstroom_selftest_${crypto.randomUUID().slice(0, 8)}`;
  const server = new PostgresClient({ url }, { connections: 1 });
  try {
    await server.run((sql) => sql.unsafe(`create database ${name}`));
  } catch (error) {
    await server.close();
    if (codeOf((error as Error).cause) !== "42501") throw error;
    throw new BackendUnusable(
      "The selftest makes a database of its own on the server, and this user may not: " +
        "grant CREATEDB, or run it without --url",
    );
  }
  return {
    url: withDatabase(url, name),
    drop: () =>
      server.runIdempotent((sql) => sql.unsafe(`drop database if exists ${name} with (force)`))
        .then(() => server.close()),
  };
}
