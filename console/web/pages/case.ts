/** `/cases/ID`: what this is, in which state and why, what is next, and whether anything is stuck. @module */
import type { AuditEntry, DeadLetter } from "../../../backends/dead_letters.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { hasTwoTimes, marksOf } from "../../../schema/time/moment.ts";
import { toPublicEvent, traceIdOf } from "../../cli/case_timeline.ts";
import { toSnakeCase } from "../../cli/output.ts";
import { redact, toPrintable } from "../../cli/redaction.ts";
import { historyOf, latestOf, type Step } from "../data/case_history.ts";
import { type StateCounts, stateCounts } from "../data/state_counts.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Page, Visit } from "../page.ts";
import { Problem } from "../problem.ts";
import type { Writer } from "../texts/catalogue.ts";
import { isAllowed } from "../access.ts";
import { proposalBox } from "../views/forms/proposal.ts";
import { decisionCard } from "../views/decision_card.ts";
import { debtName } from "../views/debt.ts";
import { changesView, factText, termText, wholeState } from "../views/facts.ts";
import { badge } from "../views/icon.ts";
import { closedView } from "../views/forms/personal.ts";
import { factList, pageHead, timeOf } from "../views/parts.ts";
import { chartView } from "../views/chart.ts";
import { openStates, stateBadge } from "../views/state.ts";
import { eventWord, stepper, timeline, versionLink } from "../views/stepper.ts";

/** What the page is made of. */
interface CaseFile {
  readonly caseId: string;
  readonly steps: readonly Step[];
  readonly dead: readonly DeadLetter[];
  readonly acts: readonly AuditEntry[];
  readonly counts: StateCounts;
}

export const page: Page = {
  path: "/cases/:id",
  act: "cases.see",
  async show(visit) {
    const file = await readCaseFile(visit);
    const at = chosenStep(file.steps, visit.url.searchParams.get("v"));
    const { write, url } = visit;
    const title = titleOf(file, write);
    const raw = url.searchParams.get("view") === "raw";
    return {
      title,
      current: "cases",
      json: {
        case_id: maskCaseId(file.caseId),
        events: file.steps.map(({ stored }) => toPublicEvent(stored)),
        acts: toSnakeCase(file.acts) as object,
      },
      body: markup`${head(file, title, visit)}${raw ? rawEvents(file, write) : caseBody(file, at, visit)}`,
    };
  },
};

async function readCaseFile({ sources, params }: Visit): Promise<CaseFile> {
  const backend = await sources.backend();
  const caseId = params.id!;
  const history = await Array.fromAsync(backend.readCase(caseId));
  if (history.length === 0) {
    throw new Problem(404, "problem.no_case", "problem.no_case.detail", {
      what: toPrintable(maskCaseId(caseId), 40),
    });
  }
  const [dead, acts, counts] = await Promise.all([
    backend.deadLetters.list({ caseId }),
    backend.audit(caseId),
    stateCounts(backend.models, openStates),
  ]);
  return { caseId, steps: historyOf(history), dead, acts, counts };
}

/** The index of the version in the address; of the latest one without. */
function chosenStep(steps: readonly Step[], version: string | null): number {
  const found = steps.findIndex((step) => step.version === Number(version ?? NaN));
  return found === -1 ? steps.length - 1 : found;
}

function titleOf({ steps }: CaseFile, write: Writer): string {
  const intake = latestOf(steps, "case.intake", Infinity)?.data;
  if (intake === undefined) return write("case.without_intake");
  return write("case.claim", { type: debtName(intake.debt_type), amount: write.euros(intake.debt_amount) });
}

function head({ caseId, steps, dead }: CaseFile, title: string, visit: Visit): Markup {
  const { write } = visit;
  const last = steps.at(-1)!;
  const organization = latestOf(steps, "case.intake", Infinity)?.data.organization;
  const opened = timeOf(steps[0]!.stored.recordedAt, write);
  const [before, after] = write("case.lead", {
    organization: redact(organization ?? write("unknown")),
    when: "\0",
  }).split("\0");
  const lead = markup`${before}${opened}${after}`;
  const side = markup`${
    dead.length > 0 ? badge("bad", "crossed", write("mark.stranded")) : stateBadge(last.state, write)
  } <a class="b" href="/replay?case=${encodeURIComponent(caseId)}">${
    write("replay.this_case")
  }</a> <a class="b" href="?view=raw">${write("story.raw")}</a>`;
  return markup`<p class="crumb"><a href="/cases">${write("nav.cases")}</a> › <code>${
    maskCaseId(caseId)
  }</code></p>
${pageHead(title, lead, side)}${closedView(caseId, visit)}${
    dead.map((letter) => heldBox(letter, steps, write))
  }`;
}

/** What waits for a person, in the terms of this case. */
function heldBox(letter: DeadLetter, steps: readonly Step[], write: Writer): Markup {
  const { processor, event, attempts, held, failures } = letter;
  const last = failures.at(-1);
  const where = write.known(`processor.${processor}`, processor);
  const version = steps.find(({ stored }) => stored.position === event.position)?.version ?? event.version;
  const address = new URLSearchParams({ group: `${processor}:${last?.class ?? "unknown"}`, preview: "1" });
  return markup`<div class="box note bad"><h2>${write("held.title", { v: version, where })}</h2><p>${
    write("held.detail", { n: attempts, held })
  }</p><p><code>${last?.class ?? "unknown"}: ${redact(toPrintable(last?.message ?? "", 300))}</code></p>
<a class="b" href="/stuck?${address.toString()}">${write("held.act")}</a></div>`;
}

function caseBody(file: CaseFile, at: number, visit: Visit): Markup {
  const { caseId, steps, acts, counts } = file;
  const { write, principal } = visit;
  const current = steps[at]!;
  const state = factText(current.facts.state ?? { kind: "text", value: current.state }, write).toLowerCase();
  return markup`<section><div class="row"><h2>${
    write("case.at", { v: current.version, n: steps.length, state })
  }</h2><p>${stepLink(steps[at - 1], "previous", write)} ${stepLink(steps[at + 1], "next", write)}</p></div>
${stepper(steps, at, write)}
<div class="split"><section><h3>${write("case.changed")}</h3>${changesView(current, write)}
<details><summary>${write("case.whole", { v: current.version })}</summary>${
    wholeState(current, write)
  }</details></section>
<section><h3>${write("case.who")}</h3>${whoAndWhy(current, steps, write)}${
    termView(current, write)
  }</section></div></section>
${chartView(steps.slice(0, at + 1), counts, write)}
${isAllowed(principal, "review.see") && proposalBox(caseId, steps, visit)}
${decisionCard(steps, current.version, write)}
<section><div class="row"><h2>${write("story.title")} <small>${
    write("story.detail", { v: current.version })
  }</small></h2></div>${timeline(steps, current, write, (step) => aboutEvent(step, write))}</section>
${actsView(acts, write)}`;
}

function stepLink(step: Step | undefined, to: "previous" | "next", write: Writer): Markup {
  const label = markup`${write(`case.${to}`)} <kbd>${to === "previous" ? "←" : "→"}</kbd>`;
  if (step === undefined) return markup`<span class="b" aria-disabled="true">${label}</span>`;
  const mark = to === "previous" ? markup`data-previous` : markup`data-next`;
  return markup`<a class="b" href="?v=${step.version}" ${mark}>${label}</a>`;
}

function whoAndWhy(step: Step, steps: readonly Step[], write: Writer): Markup {
  const { stored: { event, recordedAt }, cause, effects } = step;
  const { source } = event.metadata ?? {};
  const traceId = traceIdOf(event);
  const found = (version: number) => steps.find((each) => each.version === version)!;
  return factList([
    [write("case.event"), markup`<code>${step.type}</code>`],
    [write("case.moment"), timeOf(recordedAt, write)],
    ...(hasTwoTimes(event.timestamp, recordedAt)
      ? [[write("case.happened"), timeOf(event.timestamp, write)] as const]
      : []),
    [write("case.by"), sourceText(source, write)],
    [write("case.because"), cause === undefined ? write("case.outside") : versionLink(found(cause), write)],
    [
      write("case.led"),
      effects.length === 0
        ? write("none")
        : effects.map((each) => markup`${versionLink(found(each), write)}<br>`),
    ],
    ...marksRow(step, write),
    ...(traceId === undefined ? [] : [[write("case.trace"), markup`<code>${traceId}</code>`] as const]),
  ]);
}

function marksRow({ stored: { event, recordedAt } }: Step, write: Writer) {
  const marks = marksOf(event, recordedAt).map((mark) => write.known(`mark.${mark}`, mark));
  return marks.length === 0 ? [] : [[write("case.marks"), marks.join(", ")] as const];
}

function sourceText(source: string | undefined, write: Writer): string {
  if (source === undefined) return write("unknown");
  // Of a processor with its version, as in `intake@1`.
  return write.known(`processor.${source.split("@")[0]}`, redact(toPrintable(source)));
}

function termView({ deadline }: Step, write: Writer): Content {
  if (deadline === undefined) return "";
  const { term, due } = deadline;
  return markup`<h3>${write("terms.title")}</h3><p>${write.known(`term.${term}`, term)} ${
    write("terms.by", { date: write.date(due) })
  }: <b>${termText(due, write)}</b></p>`;
}

/** What matters of an event, beside its name: an amount, a decision, who it came from. */
function aboutEvent({ event, stored }: Step, write: Writer): Content {
  const source = stored.event.metadata?.source;
  const by = source === undefined ? "" : `· ${sourceText(source, write)}`;
  switch (event?.event_type) {
    case "case.payment_received":
      return `${write.euros(event.data.amount)} ${by}`;
    case "case.decision":
      return `${write.known(`action.${event.data.decision}`, event.data.decision)} · ${
        sourceText(event.data.decided_by, write)
      }`;
    case "case.payment_plan_created":
      return `${event.data.instalments.length} × ${write.euros(event.data.instalments[0]!.amount)} ${by}`;
    case "case.completed":
      return `${write.known(`state.completed:${event.data.outcome}`, event.data.outcome)} ${by}`;
    default:
      return by;
  }
}

function actsView(acts: readonly AuditEntry[], write: Writer): Content {
  if (acts.length === 0) return "";
  return markup`<section><h2>${write("story.acts")}</h2><ul class="plain">${
    acts.map(({ at, act, by, why }) =>
      markup`<li>${timeOf(at, write)} ${write("story.act", { act, by: redact(by), why: redact(why) })}</li>`
    )
  }</ul></section>`;
}

function rawEvents({ steps }: CaseFile, write: Writer): Markup {
  return markup`<h2>${write("story.raw")}</h2>${
    steps.map(({ stored, version, type }) =>
      markup`<details open><summary>${version}. ${
        eventWord(type, write)
      } <code>${type}</code></summary><pre tabindex="0">${
        JSON.stringify(toPublicEvent(stored), null, 2)
      }</pre></details>`
    )
  }`;
}
