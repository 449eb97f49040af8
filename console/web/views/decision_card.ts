/** The decision at a version of a case, with the rules and their sources, what the model weighed, and both letters. @module */
import { shownData } from "../../../actors/application.ts";
import type { DataOf, EventOf } from "../../../schema/events.ts";
import { latestOf, type Step } from "../data/case_history.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Writer } from "../texts/catalogue.ts";
import { redact } from "../../cli/redaction.ts";
import { badge } from "./icon.ts";

type Ruled = EventOf<"case.decision"> | EventOf<"case.review_requested">;

/** What was decided last, up to a version: by the system, by a person, or that a person has to. */
function rulingAt(steps: readonly Step[], version: number): Ruled | undefined {
  const [decision, review] = [
    latestOf(steps, "case.decision", version),
    latestOf(steps, "case.review_requested", version),
  ];
  if (decision === undefined || review === undefined) return decision ?? review;
  return decision.timestamp >= review.timestamp ? decision : review;
}

interface AppliedRule {
  readonly id: string;
  readonly version: string;
  readonly source?: string;
  readonly certainty?: string;
}

/** The rules of a decision or a review, which are kept as they came. */
function rulesOf({ data }: Pick<Ruled, "data">): readonly AppliedRule[] {
  const { rules } = data as { rules?: unknown };
  return Array.isArray(rules) ? rules as AppliedRule[] : [];
}

export function decisionCard(steps: readonly Step[], version: number, write: Writer): Markup {
  const ruling = rulingAt(steps, version);
  if (ruling === undefined) return markup``;
  const analysis = latestOf(steps, "case.analysis", version);
  return markup`<div class="split"><section class="box"><div class="row"><h2>${titleOf(ruling, write)}</h2>${
    byWhom(ruling, write)
  }</div>${rulesList(ruling, write)}${analysis && modelReasons(analysis.data, write)}</section>
<section>${letters(ruling, write)}</section></div>`;
}

function titleOf(ruling: Ruled, write: Writer): string {
  if (ruling.event_type === "case.review_requested") return write("decision.review");
  const { decision } = ruling.data;
  return write("decision.title", { what: write.known(`action.${decision}`, decision) });
}

function byWhom(ruling: Ruled, write: Writer): Markup {
  if (ruling.event_type === "case.review_requested") {
    return badge("human", "person", write("state.waiting_for_caseworker"));
  }
  return ruling.data.decided_by === "system"
    ? badge("info", "waves", write("decision.by_system"))
    : badge("human", "person", write("decision.by_person"));
}

/** Each rule with its version, the day it was valid on, and where it comes from. */
export function rulesList(ruling: Pick<Ruled, "data" | "timestamp">, write: Writer): Markup {
  const day = write.date(ruling.data.law_on ?? ruling.timestamp.slice(0, 10));
  return markup`<dl class="rules">${
    rulesOf(ruling).map(({ id, version, source, certainty }) =>
      markup`<div><dt><code>${id.replaceAll("+", " + ")}</code><small>${
        write("decision.rule", { version, day })
      }</small></dt><dd>${source && markup`<b>${source}</b>`}${
        certainty && markup`<small>${
          write("decision.certainty", {
            what: write.known(`certainty.${certainty}`, certainty),
          })
        }</small>`
      }</dd></div>`
    )
  }</dl>`;
}

interface ReasonCode {
  readonly code: string;
  readonly effect?: number;
}

/** Bars from a middle line, with words beside them; what the model never sees is said below. */
function modelReasons(analysis: DataOf<"case.analysis">, write: Writer): Markup {
  const { reason_codes, model_version = "" } = analysis as { reason_codes?: unknown; model_version?: string };
  const codes = Array.isArray(reason_codes) ? reason_codes as ReasonCode[] : [];
  if (codes.length === 0) return markup``;
  const most = Math.max(...codes.map(({ effect = 0 }) => Math.abs(effect)), 0.01);
  return markup`<h3>${write("decision.model")} <small>${model_version}, ${
    write("field.success").toLowerCase()
  } ${write.share(analysis.success_probability)}${
    analysis.basis && markup`, ${write(`basis.${analysis.basis}`)}`
  }</small></h3><ul class="bars">${codes.map((each) => bar(each, most, write))}</ul><small>${
    write("decision.model.detail")
  }</small>`;
}

function bar({ code, effect = 0 }: ReasonCode, most: number, write: Writer): Markup {
  const width = Math.abs(effect) / most * 50;
  const x = effect < 0 ? 50 - width : 50;
  const isMissing = code.startsWith("missing:");
  const side = isMissing ? write("unknown") : write(effect < 0 ? "decision.lowers" : "decision.raises");
  const name = code.replace("missing:", "");
  return markup`<li><span>${
    write.known(`feature.${name}`, name.replaceAll("_", " "))
  }</span><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
<path d="M50 0V8"/><rect class="${effect < 0 ? "down" : "up"}" x="${x.toFixed(1)}" width="${
    width.toFixed(1)
  }" height="8"/></svg><span>${side}</span></li>`;
}

/** A text of the case as it may be shown. */
const shown = (text: string | undefined) => text === undefined ? undefined : redact(text);

function letters({ event_type, data }: Ruled, write: Writer): Content {
  const fields = shownData(event_type, data) as Record<string, unknown>;
  const textOf = (name: string) =>
    typeof fields[name] === "string" ? shown(fields[name] as string) : undefined;
  const file = write.language === "nl" ? textOf("reason_nl") ?? textOf("reason") : textOf("reason");
  const citizen = textOf("citizen_text");
  const steps = write.language === "nl" ? fields.next_steps_nl ?? fields.next_steps : fields.next_steps;
  return [
    citizen &&
    markup`<div class="tint"><h2>${
      write("decision.citizen")
    }</h2><p class="letter" lang="nl">${citizen}</p><small>${write("decision.citizen.detail")}</small></div>`,
    file && markup`<h2>${write("decision.file")}</h2><p>${file}</p>`,
    Array.isArray(fields.reasons) && reasonList(fields.reasons, write),
    Array.isArray(steps) && steps.length > 0 &&
    markup`<h2>${write("decision.steps")}</h2><ul>${
      steps.map((step) => markup`<li>${redact(String(step))}</li>`)
    }</ul>`,
  ];
}

/** Why a person is asked, a sentence each. */
export function reasonList(reasons: readonly unknown[], write: Writer): Markup {
  return markup`<h2>${write("review.why")}</h2><ul class="plain">${
    (reasons as { code: string; reason: string; reason_nl?: string }[]).map(({ code, reason, reason_nl }) =>
      markup`<li>${
        redact(write.language === "nl" ? reason_nl ?? reason : reason)
      } <small><code>review/${code}</code></small></li>`
    )
  }</ul>`;
}
