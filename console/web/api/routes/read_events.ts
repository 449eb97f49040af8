/** `GET /events`: the log from a position on, a page at a time or as a stream. @module */
import { z } from "zod";
import { toPublicEvent } from "../../../cli/case_timeline.ts";
import { ApiProblem } from "../api_problem.ts";
import {
  type FeedPlace,
  placeBefore,
  placeText,
  readFeed,
  readPlace,
} from "../../../../backends/log_feed.ts";
import { streamFeed } from "../event_stream.ts";
import { type ApiCall, apiRoute } from "../route.ts";
import { cursorQuery, eventShape } from "../shapes.ts";

const query = z.strictObject({
  ...cursorQuery,
  from_position: z.coerce.number().int().min(1).optional().describe(
    "where to begin; default: the first event",
  ),
  types: z.string().optional().describe("event types, with commas between them; default: all"),
});

export const readEventsRoute = apiRoute({
  method: "get",
  path: "/events",
  act: "events.see",
  summary: "Stored events in their order, without personal data",
  notes:
    "With `Accept: text/event-stream` it goes on with what comes: each message has the type as its `event`, and now and " +
    "then an `id`, from which `Last-Event-ID` goes on. Every event comes at least once; within a case they are in order.",
  query,
  answers: {
    200: {
      means: "a page, or a stream",
      isStream: true,
      schema: z.object({
        events: z.array(eventShape),
        next_cursor: z.string().describe("where to go on, also when nothing is there yet"),
      }),
    },
  },
  async handle(call) {
    const { sources, query: { limit, types }, wantsStream, signal, isAllowed } = call;
    const backend = await sources.backend();
    const place = placeOf(call, backend.partitions);
    const wanted = types?.split(",").map((type) => type.trim());
    if (wantsStream) {
      return {
        stream: streamFeed(backend, place, { types: wanted, shown: toPublicEvent, signal, isAllowed }),
      };
    }
    const { events, next } = await readFeed(backend, place, limit, wanted);
    return { status: 200, json: { events: events.map(toPublicEvent), next_cursor: placeText(next) } };
  },
});

function placeOf(
  { query: { cursor, from_position }, lastEventId }: ApiCall<z.output<typeof query>>,
  partitions: number,
): FeedPlace {
  const text = lastEventId ?? cursor;
  if (text === undefined) return placeBefore(from_position ?? 1, partitions);
  const place = readPlace(text, partitions);
  if (place === undefined) throw new ApiProblem(422, "The cursor is none of this store");
  return place;
}
