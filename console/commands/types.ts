/** `types`: the event types with their versions, their names as CloudEvents and their schemas. @module */
import config from "../../deno.json" with { type: "json" };
import { flag } from "../../schema/settings.ts";
import { command } from "../cli/command.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import type { Parsed } from "../cli/options.ts";
import { listResult, outputOptions, printResult } from "../cli/output.ts";
import { eventNamesOf, eventNamesOptions } from "../store/event_names.ts";

const typesOptions = {
  asyncapi: { schema: flag, help: "print an AsyncAPI document of what a relay brings to NATS" },
  ...eventNamesOptions,
  ...outputOptions,
} as const;

export const types = command({
  name: "types",
  summary: "Lists event types, with their names as CloudEvents; --json with the schemas of their data",
  options: typesOptions,
  examples: [["zaakstroom types --json", "the catalogue, with a JSON Schema for each version"]],
  async run({ values }: Parsed<typeof typesOptions>, output) {
    const names = await eventNamesOf(values);
    const { asyncApiDocument } = await import("../../schema/catalogue/async_api.ts");
    const { listTypes } = await import("../../schema/catalogue/catalogue.ts");
    if (values.asyncapi) {
      output.out(JSON.stringify(asyncApiDocument(names, config.version), null, 2));
      return exitCodes.ok;
    }
    const columns = ["type", "version", "name", "comes_from"];
    printResult(output, values, listResult("types", listTypes(names), { columns, empty: "" }));
    return exitCodes.ok;
  },
});
