import { assert, assertEquals } from "@std/assert";
import { asyncApiDocument } from "../../../../schema/catalogue/async_api.ts";
import { breakingChanges } from "../../../../schema/catalogue/breaking_changes.ts";
import {
  currentCatalogue,
  findSchema,
  listTypes,
  mergedCatalogue,
  recorded,
} from "../../../../schema/catalogue/catalogue.ts";
import { defaultNames } from "../../../../schema/cloudevents/event_names.ts";
import { allEventTypes } from "../../../../schema/events.ts";

Deno.test("no event type breaks those who send or read it by the recorded catalogue", () => {
  assertEquals(breakingChanges(recorded, currentCatalogue()), []);
});

Deno.test("the recorded catalogue is up to date (deno task catalogue)", () => {
  assertEquals(recorded, JSON.parse(JSON.stringify(mergedCatalogue(recorded, currentCatalogue()))));
});

Deno.test("every type has a schema of its data, which is an object of a case", () => {
  const listed = listTypes(defaultNames);
  assertEquals(listed.map(({ type }) => type).toSorted(), allEventTypes.toSorted());
  for (const { schema, name } of listed) {
    assertEquals([schema.type, (schema.required as string[]).includes("case_id")], ["object", true], name);
  }
  assertEquals(findSchema("case.intake", 1, "https://host/1")?.$id, "https://host/1");
  assertEquals([findSchema("case.intake", 9, ""), findSchema("toString", 1, "")], [undefined, undefined]);
});

Deno.test("the AsyncAPI document has a channel for each type, on the subject of the relay", () => {
  const { channels, operations } = asyncApiDocument(defaultNames, "1.0.0") as {
    channels: Record<
      string,
      { address: string; messages: Record<string, { payload: object; name: string }> }
    >;
    operations: Record<string, { channel: { $ref: string } }>;
  };
  assertEquals(Object.keys(channels).length, allEventTypes.length);
  assertEquals(channels.case_intake?.address, "cases.intake");
  assertEquals(channels.case_intake?.messages.v1?.name, "nl.schuldhulpverlening.zaak-aangemeld.v1");
  for (const { channel: { $ref } } of Object.values(operations)) {
    assert($ref.replace("#/channels/", "") in channels);
  }
});
