/** `GET /cases/{case_id}`: where one case stands, and its events. @module */
import { z } from "zod";
import { maskCaseId } from "../../../../schema/bsn.ts";
import { caseRowOf } from "../../../../actors/case_list.ts";
import { toPublicEvent } from "../../../cli/case_timeline.ts";
import { lineOfRow, writtenLine } from "../../data/case_lines.ts";
import { ApiProblem } from "../api_problem.ts";
import { apiRoute } from "../route.ts";
import { caseShape, eventShape } from "../shapes.ts";

export const showCaseRoute = apiRoute({
  method: "get",
  path: "/cases/{case_id}",
  act: "cases.see",
  summary: "One case, with its events in order",
  answers: {
    200: { means: "the case", schema: z.object({ case: caseShape, events: z.array(eventShape) }) },
    404: { means: "there is no such case" },
  },
  async handle({ sources, params }) {
    const history = await Array.fromAsync((await sources.backend()).readCase(params.case_id!));
    const row = caseRowOf(history);
    if (row === undefined) throw new ApiProblem(404, "There is no case with this id");
    const line = lineOfRow(row);
    const json = {
      case: { ...writtenLine(line), case_id: maskCaseId(line.case_id) },
      events: history.map(toPublicEvent),
    };
    return { status: 200, json };
  },
});
