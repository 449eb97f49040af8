/** `cases`: the list of cases, and the story of one. @module */
import type { Backend, CaseSummary } from "../../../backends/backend.ts";
import type { AuditEntry } from "../../../backends/dead_letters.ts";
import { withTwoDecimals } from "../../../schema/codec.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import { decisions } from "../../../schema/event_fields.ts";
import { oneOf, text } from "../../../schema/settings.ts";
import { backendOptions, jsonOption, limitOption, openBackend } from "../../store/open_backend.ts";
import { command, type Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed, Values } from "../../cli/options.ts";
import { decideCase, type WaitingCase, waitingCases } from "./review.ts";
import { renderCase, withoutPersonalData } from "../../cli/case_timeline.ts";

const casesOptions = {
  ...backendOptions,
  limit: limitOption,
  latest: {
    schema: text.optional(),
    value: "TYPE",
    help: "list: only cases whose latest event is of this type",
  },
  decision: {
    schema: oneOf(decisions).optional(),
    value: "NAME",
    help: `decide: ${decisions.join(", ")}`,
  },
  reason: {
    schema: text.optional(),
    value: "TEXT",
    help: "decide: why, for the citizen and for who asks later",
  },
  as: { schema: text.optional(), value: "NAME", help: "decide: the caseworker who decides" },
  "next-steps": { schema: text.optional(), value: "TEXT", help: "decide: what follows, separated by ;" },
  source: { schema: text.optional(), value: "TEXT", help: "decide: a ground besides those of the review" },
  json: jsonOption,
} as const;

type CasesValues = Values<typeof casesOptions>;
type Verb = (backend: Backend, values: CasesValues, output: Output, caseId: string) => Promise<number>;

/** What can be done, and whether it takes the id of a case. */
const verbs: Readonly<Record<string, { readonly run: Verb; readonly takesId: boolean }>> = {
  list: { run: list, takesId: false },
  show: { run: show, takesId: true },
  review: { run: review, takesId: false },
  decide: { run: decide, takesId: true },
};

export const cases = command({
  name: "cases",
  summary: "Lists cases, shows the story of one, and lets a caseworker decide",
  arguments: "list | show ID | review | decide ID",
  options: casesOptions,
  notes: [
    "review lists the cases that wait for a caseworker, with the reasons. decide appends the decision of one:",
    "  zaakstroom cases decide ID --decision payment_plan --reason 'Fits the budget' --as j.jansen",
    "When somebody else changed the case meanwhile, nothing is stored and the exit code is 7.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof casesOptions>, output) {
    const [name = "", caseId, ...more] = positional;
    const verb = Object.hasOwn(verbs, name) ? verbs[name]! : undefined;
    if (verb === undefined) throw new UsageError(`cases takes one of ${Object.keys(verbs).join(", ")}`);
    if (more.length > 0 || (caseId !== undefined) !== verb.takesId) {
      throw new UsageError(`cases ${name} takes ${verb.takesId ? "one ID" : "no more"}`);
    }
    if (name === "decide") requireDecision(values);
    const opened = await openBackend(values, { role: "client" });
    try {
      return await verb.run(opened.backend, values, output, caseId ?? "");
    } finally {
      await opened.close();
    }
  },
});

function requireDecision(values: CasesValues): void {
  for (const name of ["decision", "reason", "as"] as const) {
    if (values[name] === undefined) throw new UsageError(`cases decide needs --${name}`);
  }
}

async function review(backend: Backend, { limit, json }: CasesValues, { out }: Output): Promise<number> {
  const waiting = await waitingCases(backend, limit);
  if (json) out(JSON.stringify(waiting));
  else if (waiting.length === 0) out("No case waits for a caseworker");
  else for (const each of waiting) out(renderWaiting(each));
  return exitCodes.ok;
}

function renderWaiting(
  { caseId, since, review: { asked_of, proposed, reasons, term } }: WaitingCase,
): string {
  const due = term === undefined ? "" : `, by ${term.due}`;
  const proposal = proposed === undefined ? "" : `, proposed: ${proposed}`;
  const lines = reasons.map(({ code, reason }) => `    ${code}: ${reason}`);
  return [`${caseId}  since ${since}, asked of the ${asked_of.replace("_", " ")}${due}${proposal}`, ...lines]
    .join("\n");
}

async function decide(
  backend: Backend,
  values: CasesValues,
  { out }: Output,
  caseId: string,
): Promise<number> {
  const { decision, reason, as: by, source, json } = values;
  const steps = (values["next-steps"] ?? "").split(";").map((step) => step.trim()).filter((step) =>
    step !== ""
  );
  const { version } = await decideCase(backend, {
    caseId,
    decision: decision!,
    reason: reason!,
    by: by!,
    nextSteps: steps,
    ...(source === undefined ? {} : { source }),
  });
  out(
    json
      ? JSON.stringify({ caseId, version, decision })
      : `Decided: ${decision}, version ${version} of the case`,
  );
  return exitCodes.ok;
}

async function list(
  backend: Backend,
  { limit, latest, json }: CasesValues,
  { out }: Output,
): Promise<number> {
  const found = await backend.listCases({ limit, ...(latest === undefined ? {} : { latest }) });
  if (json) out(JSON.stringify(found));
  else if (found.length === 0) out("No cases");
  else for (const summary of found) out(renderCaseSummary(summary));
  return exitCodes.ok;
}

function renderCaseSummary({ caseId, version, latest, updatedAt }: CaseSummary): string {
  return `${updatedAt}  ${latest.padEnd(26)} v${version}  ${caseId}`;
}

async function show(
  backend: Backend,
  { json }: CasesValues,
  { out }: Output,
  caseId: string,
): Promise<number> {
  const history: StoredEvent[] = [];
  for await (const stored of backend.readCase(caseId)) history.push(stored);
  if (history.length === 0) throw new CommandError(exitCodes.notFound, `There is no case ${caseId}`);
  const audit: AuditEntry[] = await backend.audit(caseId);
  out(
    json
      ? JSON.stringify({ caseId, events: history.map(masked), acts: audit })
      : renderCase(caseId, history, audit),
  );
  return exitCodes.ok;
}

function masked(stored: StoredEvent): StoredEvent {
  const event = withTwoDecimals(stored.event);
  return { ...stored, event: { ...event, data: withoutPersonalData(event.data) } };
}
