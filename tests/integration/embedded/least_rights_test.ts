/** What the role of the embedded PostgreSQL may not do. @module */
import { assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { type EmbeddedPostgres, openEmbedded } from "../../../backends/postgres/embedded/embedded.ts";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";

async function query(connection: EmbeddedPostgres["connection"], statement: string): Promise<void> {
  const sql = postgres({ ...connection, max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

Deno.test("whoever gets a statement in runs no program, reads no file, and makes no superuser of itself", async () => {
  await using place = await TestDirectory.make();
  const database = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  const statements = [
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/zaakstroom-never'",
    "select pg_read_file('postgresql.conf')",
    "select lo_import('/etc/passwd')",
    "create function f() returns int language c as 'libc', 'getpid'",
    "alter role zaakstroom superuser",
    "create role another superuser",
    "alter system set shared_preload_libraries = 'x'",
    "set role postgres",
  ];
  for (const statement of statements) {
    const error = await assertRejects(
      () => query(database.connection, statement),
      Error,
      undefined,
      statement,
    );
    assertEquals((error as Error & { code: string }).code, "42501", statement);
  }
  const asSuperuser = { ...database.connection, user: "postgres" };
  await assertRejects(() => query(asSuperuser, "select 1"), Error, "not permitted to log in");
  await database.close();
});
