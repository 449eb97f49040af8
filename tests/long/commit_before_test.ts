/** The program of the commit before this one, and this one, side by side on one store. Needs git. @module */
import { tableChanges } from "../../schema/postgres/sql_files.ts";
import { testsRequiring } from "../support/requires.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { ProgramTree } from "../support/upgrade/program_tree.ts";
import { whyNotSideBySide } from "../support/upgrade/promise.ts";
import { upgradeUnderLoad } from "../support/upgrade/rolling_upgrade.ts";

const COMMIT = "HEAD~1";
const older = await ProgramTree.ofCommit(COMMIT);
const newer = await ProgramTree.ofThis();
globalThis.addEventListener("unload", () => {
  for (const tree of [older, newer]) if (tree !== undefined) Deno.removeSync(tree.path, { recursive: true });
});

async function whyNot(): Promise<string | undefined> {
  if (older === undefined) return `git and the commit ${COMMIT} are needed`;
  return whyNotSideBySide(await older.schema(), await newer.schema());
}

const upgradeTest = testsRequiring(await whyNot(), true);

upgradeTest(
  "nodes of the commit before and of this tree share a store under load, and nothing is lost or tried twice",
  async () => {
    await using server = await startPostgres();
    const [from, to] = [(await older!.schema()).changes.length, tableChanges.length];
    const step = from < to
      ? new RegExp(`^Brought the schema from version ${from} to version ${to}$`)
      : new RegExp(`^The schema is up to date, version ${to}$`);
    await upgradeUnderLoad(await server.freshDatabase(), { older: older!, newer, step });
  },
);
