/** The page of roles and their rights. @module */
import { natsRolesText } from "../../../schema/nats/rights.ts";
import { rolesText } from "../../../schema/postgres/rights.ts";
import { block, page } from "./markdown.ts";

export function rolePage(): string {
  return page("Roles and rights", "`schema/postgres/rights.ts` and `schema/nats/rights.ts`", [
    "What `setup --print-roles` prints, touching no store. [Give each role its rights](../how-to/roles.md) says how it is used.",
    "## PostgreSQL",
    block("sql", [rolesText()]),
    "## NATS JetStream",
    block("text", [natsRolesText()]),
  ]);
}
