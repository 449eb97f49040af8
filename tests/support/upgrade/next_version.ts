/** A version of the program after this one, as a release would make it. @module */
import { tableChanges } from "../../../schema/postgres/sql_files.ts";
import { ProgramTree } from "./program_tree.ts";

const CALLER = "backends/postgres/mailbox/fetch.ts";
const FUNCTIONS = "schema/postgres/functions";

/**
 * The program of this tree with a step more, which serves this one: the tables that every delivery passes through have a
 * column more, and mailboxes are read by a new function beside the one that they were read by.
 */
export async function nextVersion(): Promise<ProgramTree> {
  const tree = await ProgramTree.ofThis();
  const known = tableChanges.length;
  const changes = ["events", "subscriptions", "parked_deliveries", "timers", "leases"].map((table) =>
    `alter table zaakstroom.${table} add column added text;`
  );
  const file = `schema/postgres/tables/${String(known + 1).padStart(3, "0")}_next.sql`;
  await tree.write(file, [`-- Serves programs from version ${known}.`, ...changes, ""].join("\n"));
  const function_ = await tree.read(`${FUNCTIONS}/fetch_group.sql`);
  await tree.write(`${FUNCTIONS}/fetch_group_2.sql`, function_.replace(".fetch_group(", ".fetch_group_2("));
  const caller = await tree.read(CALLER);
  await tree.write(CALLER, caller.replace("zaakstroom.fetch_group(", "zaakstroom.fetch_group_2("));
  await tree.dumpSchema();
  return tree;
}
