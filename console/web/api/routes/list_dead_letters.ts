/** `GET /dead-letters`: deliveries that were given up, oldest first. @module */
import { z } from "zod";
import type { DeadLetter } from "../../../../backends/dead_letters.ts";
import { maskCaseId } from "../../../../schema/bsn.ts";
import { redact, toPrintable } from "../../../cli/redaction.ts";
import { apiRoute } from "../route.ts";
import { deadLetterShape, MOST_ROWS } from "../shapes.ts";

export const listDeadLettersRoute = apiRoute({
  method: "get",
  path: "/dead-letters",
  act: "stuck.see",
  summary: "Deliveries that were given up, oldest first",
  query: z.strictObject({
    processor: z.string().optional(),
    case_id: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(50),
  }),
  answers: {
    200: {
      means: "the oldest of them, and how many there are",
      schema: z.object({ total: z.int(), dead_letters: z.array(deadLetterShape) }),
    },
  },
  async handle({ sources, query: { limit, processor, case_id: caseId } }) {
    const { deadLetters } = await sources.backend();
    const filter = {
      ...(processor === undefined ? {} : { processor }),
      ...(caseId === undefined ? {} : { caseId }),
    };
    const [total, found] = await Promise.all([
      deadLetters.count(filter),
      deadLetters.list({ ...filter, limit }),
    ]);
    return { status: 200, json: { total, dead_letters: found.map(shown) } };
  },
});

function shown({ processor, partition, caseId, event, attempts, held, since, failures }: DeadLetter): object {
  const last = failures.at(-1);
  return {
    ...{ processor, partition, attempts, held, since, case_id: maskCaseId(caseId), position: event.position },
    ...{ event_id: event.event.event_id, event_type: event.event.event_type },
    error: `${last?.class ?? "unknown"}: ${redact(toPrintable(last?.message ?? "", 300))}`,
  };
}
