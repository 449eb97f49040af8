/** The OpenAPI document of the HTTP API, made from the routes. Pure. @module */
import { z } from "zod";
import { BATCH, STRUCTURED } from "../../../schema/cloudevents/bindings.ts";
import { access } from "../access.ts";
import type { ApiRoute } from "./route.ts";

const problem = z.looseObject({
  type: z.string(),
  status: z.int(),
  title: z.string(),
  detail: z.string(),
}).meta({ title: "Problem", description: "RFC 9457, without values of what was sent" });

/** What every route can be answered with. */
const EVERYWHERE: ApiRoute["answers"] = {
  401: { means: "no token, or one that is not known" },
  403: { means: "the roles of the token do not allow it" },
  503: { means: "the store can't be reached" },
};

export function openApiDocument(routes: readonly ApiRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: "Zaakstroom",
      version,
      description: "Cases and events of a store, as a node serves them.",
    },
    servers: [{ url: "/api/v1" }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function operation(route: ApiRoute): object {
  const { path, act, summary, notes, query, answers } = route;
  const roles = access[act];
  return {
    summary,
    description: `${notes ?? ""}${notes === undefined ? "" : " "}Roles: ${
      roles.join(", ")
    }; or the scope ${act}.`,
    operationId: `${route.method}${path.replace(/[\W_]+(\w)/g, (_, first: string) => first.toUpperCase())}`
      .replace(/\W/g, ""),
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...requestBody(route),
    responses: Object.fromEntries(
      Object.entries({ ...answers, ...EVERYWHERE }).map(([status, answer]) => [
        status,
        { description: answer.means, ...contentOf(Number(status), answer) },
      ]),
    ),
  };
}

function requestBody({ body, takesCloudEvents }: ApiRoute): object {
  if (body === undefined) return {};
  const mediaTypes = ["application/json", ...(takesCloudEvents ? [STRUCTURED, BATCH] : [])];
  const content = mediaTypes.map((mediaType) => [mediaType, { schema: schemaOf(body, "input") }]);
  return { requestBody: { required: true, content: Object.fromEntries(content) } };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType | undefined): object[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query, "input") as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: "query", required: required.includes(name), schema },
    ...(description === undefined ? {} : { description }),
  }));
}

function contentOf(status: number, { schema, isStream }: ApiRoute["answers"][number]): object {
  if (status >= 400) {
    return { content: { "application/problem+json": { schema: schemaOf(problem, "output") } } };
  }
  if (schema === undefined) return {};
  const json = { "application/json": { schema: schemaOf(schema, "output") } };
  return { content: isStream ? { ...json, "text/event-stream": { schema: { type: "string" } } } : json };
}

/** A schema by itself, as OpenAPI 3.1 takes it. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io,
    reused: "inline",
    unrepresentable: "any",
    // What is answered may grow.
    override: ({ jsonSchema }) => void (io === "output" && delete jsonSchema.additionalProperties),
  });
  return made;
}
