/** The outcome of a comparison as a file to hand on. Pure. @module */
import { reportPage } from "../../../simulators/reports/html_page.ts";
import { reportMarkdown } from "../../../simulators/reports/markdown.ts";
import { whatIfReport } from "../../../simulators/what_if/what_if_report.ts";
import type { WhatIfResult } from "../../../simulators/what_if/what_if_result.ts";
import { toJsonText, toPrintableLines } from "../../cli/redaction.ts";
import type { AnswerFile } from "../page.ts";

export const fileFormats = ["html", "md", "json"] as const;

/** The file in the format that is asked for; undefined where that is none. */
export function whatIfFile(
  result: WhatIfResult,
  format: string | null,
  at = new Date().toISOString(),
): AnswerFile | undefined {
  switch (format) {
    case "html":
      return {
        ...{ name: "what-if.html", type: "text/html; charset=utf-8" },
        text: toPrintableLines(reportPage(whatIfReport(result), at)),
      };
    case "md":
      return {
        ...{ name: "what-if.md", type: "text/markdown; charset=utf-8" },
        text: toPrintableLines(reportMarkdown(whatIfReport(result), at)),
      };
    case "json":
      return { name: "what-if.json", type: "application/json", text: `${toJsonText(result, 2)}\n` };
    default:
      return undefined;
  }
}
