/** `/audit`: who did what on a case, and why. @module */
import { listCases } from "../../../actors/case_list.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { AuditEntry } from "../../../backends/dead_letters.ts";
import { mapConcurrently } from "../../../backends/primitives/concurrency.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { toSnakeCase } from "../../cli/output.ts";
import { redact, toPrintable } from "../../cli/redaction.ts";
import { type Markup, markup } from "../markup.ts";
import type { Page } from "../page.ts";
import type { Writer } from "../texts/catalogue.ts";
import { caseLink, emptyState, pageHead, shortId, textField, timeOf } from "../views/parts.ts";

/** The trail is kept by case, so without one those of the latest cases are read. */
const RECENT = 50;
const AT_ONCE = 8;

export const page: Page = {
  path: "/audit",
  act: "audit.see",
  async show({ write, url, sources }) {
    const caseId = url.searchParams.get("case")?.trim() ?? "";
    const entries = await readTrail(await sources.backend(), caseId);
    const shown = entries.map((entry) =>
      entry.caseId === undefined ? entry : { ...entry, caseId: maskCaseId(entry.caseId) }
    );
    const about = caseId === ""
      ? write("audit.recent", { n: RECENT })
      : write("audit.of", { id: maskCaseId(caseId) });
    return {
      title: write("audit.title"),
      current: "audit",
      json: { acts: toSnakeCase(shown) as object },
      body: markup`${pageHead(write("audit.title"), write("audit.lead"))}<form class="filter" role="search">${
        textField("case", write("audit.case"), {
          value: caseId,
          help: write("cases.id.help"),
          isSearch: true,
        })
      }<button class="b">${write("cases.search")}</button></form><h2>${about}</h2>${
        entries.length === 0
          ? emptyState("tick", write("audit.empty"), write("audit.empty.detail"))
          : table(entries, write)
      }`,
    };
  },
};

async function readTrail(backend: Backend, caseId: string): Promise<readonly AuditEntry[]> {
  const cases = caseId === ""
    ? (await listCases(backend, { limit: RECENT })).map((each) => each.caseId)
    : [caseId];
  const trails = await mapConcurrently(
    AT_ONCE,
    cases,
    async (id) => (await backend.audit(id)).map((entry) => ({ ...entry, caseId: id })),
  );
  return trails.flat().toSorted((a, b) => a.at < b.at ? 1 : -1);
}

function table(entries: readonly AuditEntry[], write: Writer): Markup {
  return markup`<table class="cards"><thead><tr><th>${write("audit.col.act")}</th><th>${
    write("audit.col.by")
  }</th><th>${write("audit.col.why")}</th><th>${write("audit.col.where")}</th><th>${
    write("audit.col.at")
  }</th></tr></thead><tbody>${
    entries.map(({ at, act, by, why, caseId, processor }) =>
      markup`<tr><td><b>${toPrintable(act)}</b></td><td data-l="${write("audit.col.by")}">${
        redact(toPrintable(by))
      }</td><td data-l="${write("audit.col.why")}">${redact(toPrintable(why, 1_000))}</td><td data-l="${
        write("audit.col.where")
      }">${caseId && caseLink(caseId, shortId(maskCaseId(caseId)))} ${
        processor && write.known(`processor.${processor}`, processor)
      }</td><td data-l="${write("audit.col.at")}">${timeOf(at, write)}</td></tr>`
    )
  }</tbody></table>`;
}
