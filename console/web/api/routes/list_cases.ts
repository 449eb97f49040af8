/** `GET /cases`: a page of the list of cases. @module */
import { z } from "zod";
import { maskCaseId } from "../../../../schema/bsn.ts";
import { cursorText, readCaseLines, readCursor, writtenLine } from "../../data/case_lines.ts";
import { apiRoute } from "../route.ts";
import { caseShape, cursorQuery, nextCursor } from "../shapes.ts";

export const listCasesRoute = apiRoute({
  method: "get",
  path: "/cases",
  act: "cases.see",
  summary: "Cases, those that changed last first",
  notes: "Where a store keeps no read models (JetStream), `latest` alone chooses.",
  query: z.strictObject({
    ...cursorQuery,
    latest: z.string().optional().describe("the type of the latest event"),
    state: z.string().optional(),
    waits_for: z.string().optional().describe("a caseworker, a team_lead, a term by its name, or processing"),
    organization: z.string().optional(),
  }),
  answers: {
    200: { means: "a page", schema: z.object({ cases: z.array(caseShape), next_cursor: nextCursor }) },
  },
  async handle({ sources, query: { limit, cursor, ...filter } }) {
    const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    const { lines, older } = await readCaseLines(await sources.backend(), given, readCursor(cursor), limit);
    const cases = lines.map((line) => ({ ...writtenLine(line), case_id: maskCaseId(line.case_id) }));
    return { status: 200, json: { cases, next_cursor: older === undefined ? null : cursorText(older) } };
  },
});
