/** The HTTP API below `/api/v1`: who asks, what is asked, and how it is answered. @module */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { cloudEventsIn } from "../../../schema/cloudevents/bindings.ts";
import { defaultNames } from "../../../schema/cloudevents/event_names.ts";
import { decodeText, parseJsonText } from "../../../schema/json_text.ts";
import { access, type Act, isAllowed } from "../access.ts";
import type { Principal } from "../sessions.ts";
import type { ConsoleSources } from "../sources.ts";
import { ApiProblem, apiProblemOf, problemResponseOf } from "./api_problem.ts";
import { openApiDocument } from "./openapi.ts";
import type { ApiAnswer, ApiRoute } from "./route.ts";
import { apiRoutes } from "./routes.ts";

/** What the API is served with. */
interface ApiServing {
  readonly sources: ConsoleSources;
  /** Who asks: by a token, or to read, by the session of a person. */
  principalOf(context: Context): Principal | undefined;
  /** The same later on, which is no use of a session. */
  stillKnown(context: Context): Principal | undefined;
  readonly signal: AbortSignal;
}

/** Streams that are open at once at most: each reads the log. */
const MOST_STREAMS = 20;

export function createApi(serving: ApiServing): Hono {
  const api = new Hono();
  const { sources } = serving;
  api.get("/openapi.json", (context) => context.json(openApiDocument(apiRoutes, sources.version)));
  serveCatalogue(api, sources);
  const streams = { open: 0 };
  for (const route of apiRoutes) {
    api.on(
      route.method.toUpperCase(),
      honoPath(route.path),
      (context) => answer(context, route, serving, streams),
    );
  }
  for (const [path, methods] of methodsByPath()) {
    api.all(honoPath(path), () => problemResponseOf(otherMethod(methods)));
  }
  // A route: the answer of a part of a site to what is not there is that of the site, a page.
  api.all("*", () => problemResponseOf(new ApiProblem(404, "See /api/v1/openapi.json for what there is")));
  api.onError((error) => {
    const problem = apiProblemOf(error);
    if (problem === undefined) sources.onFailure(error);
    return problemResponseOf(problem ?? new ApiProblem(500, "The log of the node says more"));
  });
  return api;
}

/** What each path takes; reading it is asking for its head too. */
function methodsByPath(): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>([["/openapi.json", ["GET", "HEAD"]]]);
  for (const { path, method } of apiRoutes) {
    const its = method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()];
    methods.set(path, [...methods.get(path) ?? [], ...its]);
  }
  return methods;
}

function otherMethod(methods: readonly string[]): ApiProblem {
  return new ApiProblem(405, `This takes ${methods.join(", ")}`, {}, { allow: methods.join(", ") });
}

/** What events look like is no secret, and a `dataschema` is followed by whoever got the event. */
function serveCatalogue(api: Hono, { names = defaultNames, version }: ConsoleSources): void {
  api.get("/asyncapi.json", async (context) => {
    const { asyncApiDocument } = await import("../../../schema/catalogue/async_api.ts");
    return context.json(asyncApiDocument(names, version));
  });
  api.get("/schemas/:type/:version{v[0-9]+}", async (context) => {
    const { findSchema } = await import("../../../schema/catalogue/catalogue.ts");
    const { type, version } = context.req.param();
    const found = findSchema(type, Number(version.slice(1)), context.req.url);
    if (found === undefined) throw new ApiProblem(404, "There is no such type, or version of it");
    return context.json(found);
  });
}

/** `{case_id}` is `:case_id` there. */
function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

async function answer(
  context: Context,
  route: ApiRoute,
  serving: ApiServing,
  streams: { open: number },
): Promise<Response> {
  const principal = permitted(serving.principalOf(context), route.act);
  const { sources, signal } = serving;
  const called = await route.handle({
    isAllowed: () => isStillAllowed(serving.stillKnown(context), route.act),
    ...{ principal, sources, signal, params: context.req.param() as Record<string, string> },
    query: checked(route.query ?? z.strictObject({}), context.req.query(), "query"),
    body: route.body && checked(route.body, await bodyOf(context, route), "body"),
    wantsStream: (context.req.header("accept") ?? "").includes("text/event-stream"),
    lastEventId: context.req.header("last-event-id"),
  });
  return responseOf(called, streams);
}

function isStillAllowed(principal: Principal | undefined, act: Act): boolean {
  return principal !== undefined && isAllowed(principal, act);
}

function permitted(principal: Principal | undefined, act: Act): Principal {
  if (principal === undefined) {
    throw new ApiProblem(401, "Send a token: authorization: Bearer …, see docs/how-to/api.md");
  }
  if (isAllowed(principal, act)) return principal;
  throw new ApiProblem(403, `This takes one of the roles ${access[act].join(", ")}, or the scope ${act}`);
}

function checked(schema: z.ZodType, value: unknown, where: "query" | "body"): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    `${[where, ...path].join(".")}: ${message}`
  );
  throw new ApiProblem(422, problems[0]!, { problems });
}

async function bodyOf(context: Context, { takesCloudEvents }: ApiRoute): Promise<unknown> {
  if (!/^application\/([\w.+-]+\+)?json\b/.test(context.req.header("content-type") ?? "")) {
    throw new ApiProblem(400, "Send JSON: content-type: application/json");
  }
  const body = parseJsonText(decodeText(new Uint8Array(await context.req.arrayBuffer())));
  return takesCloudEvents ? cloudEventsIn(context.req.header(), body) : body;
}

function responseOf(answered: ApiAnswer, streams: { open: number }): Response {
  if ("json" in answered) {
    const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
    return new Response(JSON.stringify(answered.json), { status: answered.status, headers });
  }
  if (streams.open >= MOST_STREAMS) throw new ApiProblem(503, "Too many streams are open: read page by page");
  streams.open++;
  return new Response(counted(answered.stream, () => streams.open--), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/** The same stream; tells once when it has ended, whoever ended it: a reader that leaves ends a read that is under way too. */
function counted(stream: ReadableStream<Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  void reader.closed.then(onEnd, onEnd);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
