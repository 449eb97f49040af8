/** `cases`: the list of cases, the history of one, and the decision of a caseworker. @module */
import type { AuditEntry, Backend, CaseSummary } from "../../../backends/backend.ts";
import { withTwoDecimals } from "../../../schema/codec.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import { decisions } from "../../../schema/event_fields.ts";
import { oneOf, text } from "../../../schema/settings.ts";
import { withBackend } from "../../store/open_backend.ts";
import { backendOptions, jsonOption, limitOption } from "../../store/options.ts";
import { command, commandGroup, type Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed, Values } from "../../cli/options.ts";
import { decideCase, type WaitingCase, waitingCases } from "./review.ts";
import { renderCase, withoutPersonalData } from "../../cli/case_timeline.ts";

const listOptions = {
  latest: { schema: text.optional(), value: "TYPE", help: "only cases whose latest event is of this type" },
  limit: limitOption,
  json: jsonOption,
  ...backendOptions,
} as const;

const showOptions = { json: jsonOption, ...backendOptions } as const;

const reviewOptions = { limit: limitOption, json: jsonOption, ...backendOptions } as const;

const decideOptions = {
  decision: { schema: oneOf(decisions).optional(), value: "NAME", help: decisions.join(", ") },
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the citizen and for who asks later" },
  as: { schema: text.optional(), value: "NAME", help: "the caseworker who decides" },
  "next-steps": { schema: text.optional(), value: "TEXT", help: "what follows, separated by ;" },
  source: { schema: text.optional(), value: "TEXT", help: "a ground besides those of the review" },
  json: jsonOption,
  ...backendOptions,
} as const;

type DecideValues = Values<typeof decideOptions>;

const listCases = command({
  name: "list",
  summary: "Lists cases, those that changed last first",
  options: listOptions,
  examples: [
    ["zaakstroom cases list --limit 5", "the five that changed last"],
    ["zaakstroom cases list --latest case.intake", "those that nothing was done with yet"],
  ],
  run: ({ values }: Parsed<typeof listOptions>, output) =>
    withBackend(values, (backend) => list(backend, values, output)),
});

const showCase = command({
  name: "show",
  summary: "Shows the events of a case and the acts on it, in order of time",
  arguments: "ID",
  options: showOptions,
  examples: [["zaakstroom cases show 123", "the history of case 123"]],
  exits: { [exitCodes.notFound]: "no such case" },
  run({ values, positional }: Parsed<typeof showOptions>, output) {
    const caseId = caseIdOf("show", positional);
    return withBackend(values, (backend) => show(backend, values, output, caseId));
  },
});

const reviewCases = command({
  name: "review",
  summary: "Lists the cases that wait for a caseworker, with the reasons",
  options: reviewOptions,
  run: ({ values }: Parsed<typeof reviewOptions>, output) =>
    withBackend(values, (backend) => review(backend, values, output)),
});

const decideOne = command({
  name: "decide",
  summary: "Appends a caseworker's decision of a case",
  arguments: "ID",
  options: decideOptions,
  notes: "Nothing is stored where the case changed meanwhile.",
  examples: [
    [
      "zaakstroom cases decide 123 --decision payment_plan --reason 'Fits the budget' --as j.jansen",
      "stores it",
    ],
  ],
  exits: { [exitCodes.notFound]: "no such case, or changed meanwhile" },
  run({ values, positional }: Parsed<typeof decideOptions>, output) {
    const caseId = caseIdOf("decide", positional);
    requireDecision(values);
    return withBackend(values, (backend) => decide(backend, values, output, caseId));
  },
});

/** `cases`: what a caseworker does. */
export const cases = commandGroup({
  name: "cases",
  summary: "Lists cases, shows the history of one, and lets a caseworker decide",
  subcommands: [listCases, showCase, reviewCases, decideOne],
});

function caseIdOf(name: string, [caseId, ...more]: readonly string[]): string {
  if (caseId === undefined || more.length > 0) throw new UsageError(`cases ${name} takes one ID`);
  return caseId;
}

function requireDecision(values: DecideValues): void {
  for (const name of ["decision", "reason", "as"] as const) {
    if (values[name] === undefined) throw new UsageError(`cases decide needs --${name}`);
  }
}

async function review(
  backend: Backend,
  { limit, json }: Values<typeof reviewOptions>,
  { out }: Output,
): Promise<number> {
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
  values: DecideValues,
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
  { limit, latest, json }: Values<typeof listOptions>,
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
  { json }: Values<typeof showOptions>,
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
