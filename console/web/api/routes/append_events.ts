/** `POST /events`: stores events of a producer, in the name of its token. @module */
import { z } from "zod";
import type { ExpectedVersion } from "../../../../backends/event_store.ts";
import { readFromOutside } from "../../../../backends/producers.ts";
import { InvalidEvent } from "../../../../schema/codec.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { type EventInput, type InputOptions, readInput } from "../../../../schema/input.ts";
import { ApiProblem } from "../api_problem.ts";
import { apiRoute } from "../route.ts";

/** Events of one request at most: more are several requests. */
const MOST_EVENTS = 500;

const eventInput = z.looseObject({}).meta({
  description: "the envelope of event_type and data, the bare data of an intake, or a CloudEvent",
  examples: [{ case_id: "zaak-1", citizen_bsn: "999990019", debt_amount: 1250.5, debt_type: "huur" }],
});

export const appendEventsRoute = apiRoute({
  method: "post",
  path: "/events",
  act: "events.append",
  summary: "Stores one event, or several together: all or none",
  notes:
    "An event_id that is stored already with the same content is a duplicate and no error, so a request whose " +
    "answer was lost may be sent again as it is. Metadata of its own, but for the trace, is dropped; the source is the token's name, and what " +
    "it may send is what was granted to that producer: intakes and withdrawals, and what producers allow says. " +
    "CloudEvents are taken structured, as a batch, and binary, with `ce-` headers.",
  query: z.strictObject({
    expected_version: z.string().regex(/^(any|none|\d{1,9})$/, "must be any, none or a number").default("any")
      .describe("what the version of the case must be; the events are then of one case"),
  }),
  body: z.union([eventInput, z.array(eventInput).min(1).max(MOST_EVENTS)]),
  takesCloudEvents: true,
  answers: {
    201: {
      means: "stored; position and version are those of the last event",
      schema: z.object({ stored: z.int(), duplicates: z.int(), position: z.int(), version: z.int() }),
    },
    200: { means: "all of them were stored before" },
    403: { means: "its producer may not send one of them: see producers list" },
    409: { means: "the case has another version, or an event_id is stored with other content" },
    413: { means: "more than a megabyte" },
    422: { means: "an event breaks a rule, which is named" },
  },
  async handle({ sources, principal, query: { expected_version }, body }) {
    const inputs = Array.isArray(body) ? body : [body];
    const options = { source: principal.name, names: sources.names };
    const events = await readFromOutside(
      () => inputs.map((input, i) => readEvent(input as EventInput, i, options)),
      sources.backend,
      principal.name,
    );
    const sharesCase = events.every(({ data }) => data.case_id === events[0]!.data.case_id);
    if (expected_version !== "any" && !sharesCase) {
      throw new ApiProblem(422, "With an expected_version the events must be of one case");
    }
    const result = await (await sources.backend()).append(
      events,
      expectedOf(expected_version),
      principal.name,
    );
    return { status: result.stored === 0 ? 200 : 201, json: result };
  },
});

/** Throws ApiProblem with the index of an event that breaks a rule. */
function readEvent(input: EventInput, index: number, options: InputOptions): WireEvent {
  try {
    return readInput(input, options);
  } catch (error) {
    if (!(error instanceof InvalidEvent) || error.refusalClass === "not_allowed") throw error;
    throw new ApiProblem(422, `Event ${index}: ${error.message}`, { event: index, problems: error.problems });
  }
}

function expectedOf(text: string): ExpectedVersion {
  return text === "any" || text === "none" ? text : { exact: Number(text) };
}
