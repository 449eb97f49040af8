/** The page of types, grants and roles, from what doors and the console judge by. @module */
import { demonstrationMandate, type SystemMandate } from "../../../actors/application.ts";
import { mandatedDecisions } from "../../../actors/reasoning/rules/mandates.ts";
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
  return page(
    "Types, grants and roles",
    "`schema/authority`, `actors/reasoning/rules/mandates.ts` and `console/web/access.ts`",
    [
      "Who may send what, where nothing was granted or denied; `producers allow` and `producers deny` change it. The owner is " +
      "whoever may write the log itself. A withdrawal by anyone opens a review and closes nothing.",
      "## Types",
      table(["Type", "Class", ...senders.map(({ name }) => name)], allEventTypes.map(typeRow)),
      "## Two persons",
      table(["Type", "Is stored only after", "By", "Where"], requirements.map(requirementRow)),
      "## Mandates of the system",
      "What the system decides alone that is adverse to a citizen or closes a case. Without a mandate a person does. A decision " +
      "under one names it (`mandate`). On ordinary cases there is none, until the `mandates` of `start --policy` give one: each " +
      "has a `name`, `decisions` (" + mandatedDecisions.map(code).join(", ") +
      "), `up_to` in euros, `given_by` and the day " +
      "`since` which it holds. `rules mandates --policy FILE` lists them.",
      table(["Mandate", "Cases", "Decisions", "Up to", "Given by", "Since"], [
        mandateRow(demonstrationMandate),
      ]),
      "## Roles of the console",
      table(["Act", ...roles], Object.entries(access).map(actRow)),
    ],
  );
}

function typeRow(type: (typeof allEventTypes)[number]): string[] {
  return [code(type), classOf(type), ...senders.map((sender) => mark(defaultTypes(sender).includes(type)))];
}

function mandateRow({ name, decisions, upTo, givenBy, since }: SystemMandate): string[] {
  return [code(name), "generated", decisions.map(code).join(", "), `€ ${upTo / 100}`, givenBy, since];
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
