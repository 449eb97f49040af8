import { assertEquals } from "@std/assert";
import { openApiDocument } from "../../../../../console/web/api/openapi.ts";
import { apiRoutes } from "../../../../../console/web/api/routes.ts";
import { ServedConsole } from "../../../../support/servers/served_console.ts";

// deno-lint-ignore no-explicit-any
const document = openApiDocument(apiRoutes, "1.2.3") as any;

Deno.test("the document has every route with its parameters, its body and what it may be answered with", () => {
  assertEquals(Object.keys(document.paths), ["/cases", "/cases/{case_id}", "/events", "/dead-letters"]);
  const { get, post } = document.paths["/events"];
  assertEquals(get.parameters.map(({ name }: { name: string }) => name), [
    "limit",
    "cursor",
    "from_position",
    "types",
  ]);
  assertEquals(Object.keys(get.responses["200"].content), ["application/json", "text/event-stream"]);
  assertEquals(Object.keys(post.responses), ["200", "201", "401", "403", "409", "413", "422", "503"]);
  assertEquals(post.requestBody.required, true);
  assertEquals(document.paths["/cases/{case_id}"].get.parameters[0].required, true);
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path as Record<string, { operationId: string }>).map(({ operationId }) => operationId)
  );
  assertEquals(ids, ["getCases", "getCasesCaseId", "getEvents", "postEvents", "getDeadLetters"]);
});

Deno.test("the document stands by itself: it refers to nothing, and leaves room for what may come", () => {
  const text = JSON.stringify(document);
  assertEquals([text.includes("$ref"), text.includes("$schema")], [false, false]);
  const answer = document.paths["/cases"].get.responses["200"].content["application/json"].schema;
  assertEquals(answer.additionalProperties, undefined);
});

Deno.test("it is served to whoever asks, since it tells nothing of a store", async () => {
  await using site = new ServedConsole();
  const { status, body } = await site.ask("/api/v1/openapi.json");
  assertEquals([status, JSON.parse(body).openapi], [200, "3.1.0"]);
});
