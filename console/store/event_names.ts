/** The options by which an installation says what its events are called in CloudEvents, and what they come to. @module */
import { z } from "zod";
import { EventNames } from "../../schema/cloudevents/event_names.ts";
import { allEventTypes } from "../../schema/events.ts";
import { httpUrl, text } from "../../schema/settings.ts";
import type { Values } from "../cli/options.ts";
import { UsageError } from "../cli/exit_codes.ts";

export const eventNamesOptions = {
  "event-source": {
    schema: z.string().regex(/^\S+$/, "must be a URI").optional(),
    value: "URI",
    env: "ZAAKSTROOM_EVENT_SOURCE",
    help: "CloudEvents: where events come from; default: urn:nld:oin:OIN:systeem:zaakstroom",
  },
  oin: {
    schema: z.string().regex(/^\d{20}$/, "must have twenty digits").optional(),
    value: "OIN",
    env: "ZAAKSTROOM_OIN",
    help: "CloudEvents: number of the organisation, for the source",
  },
  "event-names": {
    schema: text.optional(),
    value: "FILE",
    env: "ZAAKSTROOM_EVENT_NAMES",
    help: "CloudEvents: names of event types, as a JSON object by type; default: those of `types`",
  },
  "event-schemas": {
    schema: httpUrl.optional(),
    value: "URL",
    env: "ZAAKSTROOM_EVENT_SCHEMAS",
    help: "CloudEvents: where the schemas of a node are reached, https://host/api/v1/schemas, for dataschema",
  },
} as const;

/** What these options come to. */
type EventNamesValues = Partial<Values<typeof eventNamesOptions>>;

const fileSchema = z.strictObject(
  Object.fromEntries(allEventTypes.map((type) => [type, z.string().regex(/^\S+$/).optional()])),
);

/** Throws UsageError for a file that can't be used. */
export async function eventNamesOf(values: EventNamesValues): Promise<EventNames> {
  const file = values["event-names"];
  const types = file === undefined ? {} : await readNames(file);
  try {
    const { "event-source": source, oin, "event-schemas": schemas } = values;
    return new EventNames({ source, oin, types, schemas });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`Cannot use --event-names ${file}: ${error.message}`);
  }
}

async function readNames(file: string): Promise<Record<string, string>> {
  try {
    return fileSchema.parse(JSON.parse(await Deno.readTextFile(file))) as Record<string, string>;
  } catch (error) {
    const reason = error instanceof z.ZodError
      ? "it has names of event types, and nothing else"
      : error instanceof SyntaxError
      ? "it is no JSON"
      : "it can't be read";
    throw new UsageError(`Cannot use --event-names ${file}: ${reason}`);
  }
}
