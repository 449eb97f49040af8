/** Two versions of the program side by side on one store, with the step of the schema in between. @module */
import { tableChanges } from "../../schema/postgres/sql_files.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { nextVersion } from "../support/upgrade/next_version.ts";
import { ProgramTree } from "../support/upgrade/program_tree.ts";
import { upgradeUnderLoad } from "../support/upgrade/rolling_upgrade.ts";

Deno.test("nodes of this version and the next share a store under load, through the step of its schema, and nothing is lost or tried twice", async () => {
  await using server = await startPostgres();
  await using older = await ProgramTree.ofThis();
  await using newer = await nextVersion();
  const known = tableChanges.length;
  const step = new RegExp(`^Brought the schema from version ${known} to version ${known + 1}$`);
  await upgradeUnderLoad(await server.freshDatabase(), { older, newer, step });
});
