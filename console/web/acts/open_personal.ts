/** `POST /cases/ID/personal`: shows once what is closed of a case; who opens it, and why, is kept before it is shown. @module */
import { maskCaseId } from "../../../schema/bsn.ts";
import { toPrintable } from "../../cli/redaction.ts";
import { personalFields } from "../data/personal_fields.ts";
import type { FormAct } from "../page.ts";
import { Problem, requireReason } from "../problem.ts";
import { personalBody } from "../views/forms/personal.ts";

export const act: FormAct = {
  path: "/cases/:id/personal",
  act: "cases.open_personal",
  async perform(visit, form) {
    const { sources, params, principal, write } = visit;
    const caseId = params.id!;
    const why = requireReason(form.reason);
    const backend = await sources.backend();
    const history = await Array.fromAsync(backend.readCase(caseId));
    if (history.length === 0) {
      const what = toPrintable(maskCaseId(caseId), 40);
      throw new Problem(404, "problem.no_case", "problem.no_case.detail", { what });
    }
    await backend.record({ act: "read_personal", by: principal.name, why, caseId });
    const fields = history.flatMap(personalFields);
    const answer = {
      title: write("personal.title"),
      current: "cases",
      json: { case_id: caseId, personal: fields },
      body: personalBody(caseId, fields, { by: principal.name, why }, write),
    } as const;
    return { kind: "answered", answer };
  },
};
