/** `/review`: which cases wait for a person, why, what the rules propose, and the form to decide. @module */
import { decisions } from "../../../schema/event_fields.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { hasTwoTimes, marksOf } from "../../../schema/time/moment.ts";
import { redact } from "../../cli/redaction.ts";
import { type WaitingCase, waitingCases } from "../../commands/cases/review.ts";
import { isAllowed } from "../access.ts";
import { historyOf, latestOf, type Step } from "../data/case_history.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Answer, Form, Page, Visit } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { reasonList, rulesList } from "../views/decision_card.ts";
import { debtName } from "../views/debt.ts";
import { termText } from "../views/facts.ts";
import { proposalBox } from "../views/forms/proposal.ts";
import { actForm, caseLink, emptyState, pageHead, shortId, textField, timeOf } from "../views/parts.ts";

const ROWS = 50;

/** A form that came back: what was typed in it, and why nothing was stored. */
interface Refused {
  readonly form: Form;
  readonly why: "conflict" | "cannot" | "two_persons";
  readonly status: number;
}

export const page: Page = {
  path: "/review",
  act: "review.see",
  show: (visit) => reviewAnswer(visit, visit.url.searchParams.get("case") ?? undefined),
};

/** The page with one case chosen: the one that is named, else the one that waits longest. */
export async function reviewAnswer(
  visit: Visit,
  named: string | undefined,
  refused?: Refused,
): Promise<Answer> {
  const { write, sources } = visit;
  const backend = await sources.backend();
  const waiting = byTerm(await waitingCases(backend, ROWS));
  const chosen = named ?? waiting[0]?.caseId;
  const steps = chosen === undefined ? [] : historyOf(await Array.fromAsync(backend.readCase(chosen)));
  const title = write("review.title");
  return {
    title,
    current: "review",
    ...(refused === undefined ? {} : { status: refused.status }),
    json: {
      cases: waiting.map(({ caseId, since, review }) => ({
        case_id: maskCaseId(caseId),
        since,
        ...termOf(review),
      })),
    },
    body: markup`${pageHead(title, leadOf(waiting, write))}${
      chosen === undefined
        ? emptyState("waves", write("review.empty"), write("review.empty.detail"))
        : markup`<div class="split one-two"><section>${queue(waiting, chosen, write)}</section><section>${
          workView(chosen, steps, visit, refused)
        }</section></div>`
    }`,
  };
}

/** The first term first; those without one wait longest, and come before them. */
function byTerm(waiting: readonly WaitingCase[]): readonly WaitingCase[] {
  return waiting.toSorted((a, b) => (a.review.term?.due ?? "") < (b.review.term?.due ?? "") ? -1 : 1);
}

function termOf({ asked_of, proposed, term }: WaitingCase["review"]) {
  return { asked_of, proposed: proposed ?? null, due: term?.due ?? null };
}

function leadOf(waiting: readonly WaitingCase[], write: Writer): string {
  const lead = write("review.lead", { n: waiting.length });
  return waiting.length < ROWS ? lead : write("review.more", { n: waiting.length });
}

function queue(waiting: readonly WaitingCase[], chosen: string, write: Writer): Markup {
  return markup`<ul class="queue">${
    waiting.map(({ caseId, since, review }) => {
      const [first] = review.reasons;
      const reason = write.language === "nl" ? first!.reason_nl ?? first!.reason : first!.reason;
      const amount = review.debt_amount === undefined
        ? shortId(maskCaseId(caseId))
        : write.euros(review.debt_amount);
      return markup`<li${caseId === chosen && markup` class="chosen"`}><a data-row href="/review?case=${
        encodeURIComponent(caseId)
      }"${caseId === chosen && markup` aria-current="true"`}><b>${amount}</b></a><p>${
        redact(reason)
      }</p><small>${
        review.term === undefined ? write(`waits.${review.asked_of}`) : termText(review.term.due, write)
      } · ${write("review.since", { when: write.moment(since) })}</small></li>`;
    })
  }</ul>`;
}

function workView(caseId: string, steps: readonly Step[], visit: Visit, refused?: Refused): Markup {
  const { write, principal } = visit;
  const review = latestOf(steps, "case.review_requested", Infinity);
  const last = steps.at(-1);
  const problemText = refused &&
    markup`<p class="box note warn" role="alert"><b>${write(`review.${refused.why}`)}</b></p>`;
  if (review === undefined || last === undefined) {
    return markup`${problemText}<p>${write("review.choose")}</p>`;
  }
  const { debt_amount, reasons, proposed } = review.data;
  const intake = latestOf(steps, "case.intake", Infinity)?.data;
  const name = intake === undefined ? write("case.without_intake") : debtName(intake.debt_type);
  return markup`${problemText}<div class="row"><h2>${name}${
    debt_amount !== undefined && `, ${write.euros(debt_amount)}`
  }</h2>${caseLink(caseId, write("review.story"))}</div><p>${intake && `${redact(intake.organization)}. `}${
    timeOf(review.timestamp, write)
  }${lateText(steps, write)}${
    last.deadline &&
    markup`, ${write("terms.by", { date: write.date(last.deadline.due) })}: <b>${
      termText(last.deadline.due, write)
    }</b>`
  }</p>
<div class="split"><div>${reasonList(reasons, write)}</div><div><h2>${
    proposed === undefined
      ? write("review.no_proposal")
      : write("review.proposal", { what: write.known(`action.${proposed}`, proposed) })
  }</h2>${proposalReason(review.data, write)}${rulesList(review, write)}</div></div>${
    proposalBox(caseId, steps, visit)
  }${
    isAllowed(principal, "review.decide") &&
    decisionForm(caseId, last.version, proposed, visit, refused?.form)
  }`;
}

/** Both times of a claim that came in at another time than it says it happened. */
function lateText(steps: readonly Step[], write: Writer): Content {
  const intake = steps.find(({ type }) => type === "case.intake")?.stored;
  if (intake === undefined || !hasTwoTimes(intake.event.timestamp, intake.recordedAt)) return "";
  const { event, recordedAt } = intake;
  const marks = marksOf(event, recordedAt).map((mark) => ` ${write.known(`mark.${mark}`, mark)}.`);
  return markup`. ${write("review.happened", { when: write.moment(event.timestamp) })} ${
    write("review.recorded", { when: write.moment(new Date(recordedAt).toISOString()) })
  }.${marks.join("")}`;
}

function proposalReason({ reason, reason_nl }: WaitingCase["review"], write: Writer): Content {
  const text = write.language === "nl" ? reason_nl ?? reason : reason;
  return text !== undefined && markup`<p>${redact(text)}</p>`;
}

function decisionForm(
  caseId: string,
  version: number,
  proposed: string | undefined,
  visit: Visit,
  typed: Form = {},
): Markup {
  const { write, principal } = visit;
  const chosen = typed.decision ?? proposed;
  return markup`<div class="box">${
    actForm(visit, "/review/decide", [
      markup`<input type="hidden" name="case" value="${caseId}"><input type="hidden" name="version" value="${version}">`,
      markup`<fieldset><legend>${write("review.decide")}</legend>${
        decisions.map((decision) =>
          markup`<label><input type="radio" name="decision" value="${decision}" required${
            decision === chosen && markup` checked`
          }> ${write(`action.${decision}`)}${
            decision === proposed && markup` <small>${write("review.proposed")}</small>`
          }</label>`
        )
      }</fieldset>`,
      textField("reason", write("review.reason"), { value: typed.reason ?? "", required: true, lines: 3 }),
      textField("steps", write("review.steps"), { value: typed.steps ?? "", lines: 2 }),
      markup`<p><small>${
        write("review.note", { name: principal.name })
      }</small></p><button class="b primary">${
        write("review.submit")
      }</button> <button class="b" formaction="/review/propose">${write("review.propose")}</button>`,
    ])
  }</div>`;
}
