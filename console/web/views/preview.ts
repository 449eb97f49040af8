/** What redriving would do, tried and not stored; below it the act, which says how many it touches and asks why. @module */
import type { RedrivePreview } from "../../commands/dlq/redrive_preview.ts";
import { isAllowed } from "../access.ts";
import type { StuckGroup } from "../data/stuck_groups.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Visit } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { badge } from "./icon.ts";
import { actForm, textField, timeOf } from "./parts.ts";
import { eventWord } from "./stepper.ts";

export function previewBox(group: StuckGroup, previews: readonly RedrivePreview[], visit: Visit): Markup {
  const { write, principal } = visit;
  const held = group.letters.reduce((sum, letter) => sum + letter.held, 0);
  const some = previews.length < group.letters.length && write("stuck.preview.some", { n: previews.length });
  return markup`<section class="box note info" id="preview"><h2>${write("stuck.preview")}</h2><p><small>${
    triedAt(write)
  } ${some}</small></p>${outcomeTable(previews, write)}${
    held > 0 && markup`<p><small>${write("stuck.behind", { n: held })}</small></p>`
  }${isAllowed(principal, "stuck.redrive") && redriveForm(group, visit)}</section>${
    isAllowed(principal, "stuck.discard") && discardForm(group, visit)
  }`;
}

function triedAt(write: Writer): Content {
  const [before, after] = write("stuck.preview.detail", { when: "\0" }).split("\0");
  return [before, timeOf(Date.now(), write, true), after];
}

interface OutcomeRow {
  readonly kind: "goes" | "person" | "fails";
  readonly what: string;
  count: number;
}

/** Previews that come to the same, counted. */
function outcomesOf(previews: readonly RedrivePreview[], write: Writer): readonly OutcomeRow[] {
  const rows = new Map<string, OutcomeRow>();
  for (const { failure, events } of previews) {
    const isPerson = events.some(({ type }) => type === "case.review_requested");
    const kind = failure !== undefined ? "fails" : isPerson ? "person" : "goes";
    const what = failure ?? ([...new Set(events.map((each) => outputText(each, write)))].join(", ") ||
      write("stuck.nothing"));
    const row = rows.get(`${kind} ${what}`) ?? { kind, what, count: 0 };
    row.count++;
    rows.set(`${kind} ${what}`, row);
  }
  return [...rows.values()].toSorted((a, b) => b.count - a.count);
}

/** An event that would come: what it is, and what it decides or advises. */
function outputText({ type, data }: RedrivePreview["events"][number], write: Writer): string {
  const chosen = data.decision ?? data.recommended_action ?? data.proposed;
  const word = eventWord(type, write).toLowerCase();
  return typeof chosen === "string" ? `${word}: ${write.known(`action.${chosen}`, chosen)}` : word;
}

const looks = {
  goes: ["info", "waves", "stuck.goes"],
  person: ["human", "person", "stuck.person"],
  fails: ["bad", "crossed", "stuck.fails"],
} as const;

function outcomeTable(previews: readonly RedrivePreview[], write: Writer): Markup {
  return markup`<table class="cards"><thead><tr><th>${write("stuck.col.outcome")}</th><th class="num">${
    write("stuck.col.cases")
  }</th><th>${write("stuck.col.out")}</th></tr></thead><tbody>${
    outcomesOf(previews, write).map(({ kind, what, count }) => {
      const [tone, glyph, text] = looks[kind];
      return markup`<tr><td>${badge(tone, glyph, write(text))}</td><td class="num" data-l="${
        write("stuck.col.cases")
      }">${write.number(count)}</td><td data-l="${write("stuck.col.out")}">${what}</td></tr>`;
    })
  }</tbody></table>`;
}

/** Why, and the number again: the server counts once more, and does nothing where it is another one. */
export function confirmFields(
  { key, letters }: Pick<StuckGroup, "key" | "letters">,
  { write }: Visit,
): Content {
  const n = letters.length;
  return [
    markup`<input type="hidden" name="group" value="${key}">`,
    textField("reason", write("reason"), { help: write("reason.help"), required: true }),
    n === 1
      ? markup`<input type="hidden" name="count" value="1">`
      : textField("count", write("count.type", { n }), {
        help: write("count.help"),
        required: true,
        digits: true,
      }),
  ];
}

function redriveForm(group: StuckGroup, visit: Visit): Markup {
  const label = visit.write("stuck.redrive", { n: group.letters.length });
  return actForm(visit, "/stuck/redrive", [
    confirmFields(group, visit),
    markup`<button class="b primary">${label}</button>`,
  ]);
}

function discardForm(group: StuckGroup, visit: Visit): Markup {
  const { write } = visit;
  const label = write("stuck.discard", { n: group.letters.length });
  return markup`<details class="apart"><summary>${write("stuck.discard.title")}</summary><p>${
    write("stuck.discard.detail")
  }</p>${
    actForm(visit, "/stuck/discard", [
      confirmFields(group, visit),
      markup`<button class="b bad">${label}</button>`,
    ])
  }</details>`;
}
