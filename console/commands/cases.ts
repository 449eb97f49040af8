/** `cases`: the list of cases, and the story of one. @module */
import type { AuditEntry, Backend } from "../../backends/backend.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import type { StoredEvent } from "../../schema/stored_event.ts";
import { text } from "../../schema/settings.ts";
import { backendOptions, jsonOption, limitOption, openBackend } from "../backend_options.ts";
import { command, type Output } from "../command.ts";
import { CommandError, exitCodes, UsageError } from "../exit_codes.ts";
import type { Parsed, Values } from "../options.ts";
import { tellCase, withoutPersonalData } from "../timeline.ts";

export const casesOptions = {
  ...backendOptions,
  limit: limitOption,
  latest: { schema: text.optional(), value: "TYPE", help: "only cases whose latest event is of this type" },
  json: jsonOption,
} as const;

type CasesValues = Values<typeof casesOptions>;

export const cases = command({
  name: "cases",
  summary: "Lists cases, or shows the story of one",
  arguments: "list | show ID",
  options: casesOptions,
  async run({ values, positional }: Parsed<typeof casesOptions>, output) {
    const [what, ...rest] = positional;
    if (what !== "list" && what !== "show") throw new UsageError("cases takes list, or show ID");
    if (rest.length !== (what === "show" ? 1 : 0)) {
      throw new UsageError(`cases ${what} takes ${what === "show" ? "one ID" : "no more"}`);
    }
    const opened = await openBackend(values, { role: "client" });
    try {
      return what === "list"
        ? await list(opened.backend, values, output)
        : await show(opened.backend, rest[0]!, values, output);
    } finally {
      await opened.close();
    }
  },
});

async function list(
  backend: Backend,
  { limit, latest, json }: CasesValues,
  { out }: Output,
): Promise<number> {
  const found = await backend.listCases({ limit, ...(latest === undefined ? {} : { latest }) });
  if (json) out(JSON.stringify(found));
  else if (found.length === 0) out("No cases");
  else {for (const { caseId, version, latest, updatedAt } of found) {
      out(`${updatedAt}  ${latest.padEnd(26)} v${version}  ${caseId}`);
    }}
  return exitCodes.ok;
}

async function show(
  backend: Backend,
  caseId: string,
  { json }: CasesValues,
  { out }: Output,
): Promise<number> {
  const story: StoredEvent[] = [];
  for await (const stored of backend.readCase(caseId)) story.push(stored);
  if (story.length === 0) throw new CommandError(exitCodes.notFound, `There is no case ${caseId}`);
  const acts: AuditEntry[] = await backend.audit(caseId);
  out(json ? JSON.stringify({ caseId, events: story.map(masked), acts }) : tellCase(caseId, story, acts));
  return exitCodes.ok;
}

function masked(stored: StoredEvent): StoredEvent {
  const event = withTwoDecimals(stored.event);
  return { ...stored, event: { ...event, data: withoutPersonalData(event.data) } };
}
