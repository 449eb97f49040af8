/** The page of types, grants and roles, from what doors and the console judge by. @module */
import { access, roles } from "../../../console/web/access.ts";
import { defaultTypes } from "../../../schema/authority/grants.ts";
import { FORGIVEN_ALONE_MAX, requirements } from "../../../schema/authority/second_person.ts";
import { classOf } from "../../../schema/authority/types_from_outside.ts";
import { allEventTypes } from "../../../schema/events.ts";
import { code, page, table } from "./markdown.ts";

const senders = [
  { name: "anyone", isOwner: false },
  { name: "simulator", isOwner: false },
  { name: "owner", isOwner: true },
];

export function authorityPage(): string {
  return page("Types, grants and roles", "`schema/authority` and `console/web/access.ts`", [
    "Who may send what, where nothing was granted or denied; `producers allow` and `producers deny` change it. The owner is " +
    "whoever may write the log itself. A withdrawal by anyone opens a review and closes nothing.",
    "## Types",
    table(["Type", "Class", ...senders.map(({ name }) => name)], allEventTypes.map(typeRow)),
    "## Two persons",
    table(["Type", "Is stored only after", "By", "Where"], requirements.map(requirementRow)),
    "## Roles of the console",
    table(["Act", ...roles], Object.entries(access).map(actRow)),
  ]);
}

function typeRow(type: (typeof allEventTypes)[number]): string[] {
  return [code(type), classOf(type), ...senders.map((sender) => mark(defaultTypes(sender).includes(type)))];
}

function requirementRow({ type, requires }: (typeof requirements)[number]): string[] {
  const where = `a claim above € ${FORGIVEN_ALONE_MAX} is forgiven`;
  return [code(type), code(requires.otherActorThan), "another actor", where];
}

function actRow([act, allowed]: readonly [string, readonly string[]]): string[] {
  return [code(act), ...roles.map((role) => mark(allowed.includes(role)))];
}

function mark(holds: boolean): string {
  return holds ? "yes" : "";
}
