/** The console: its routes, who may use them, and what is sent with every answer. Loaded with the first request. @module */
import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { access, type Act, isAllowed } from "./access.ts";
import { createApi } from "./api/api.ts";
import { findAsset } from "./assets.ts";
import { stuckIn } from "./data/overview_words.ts";
import { framed, type RailCounts, unframed } from "./layout.ts";
import { LiveStreams } from "./live.ts";
import { markup } from "./markup.ts";
import type { Answer, AnswerFile, Form, FormAct, Page, Theme, Visit } from "./page.ts";
import { readFigures } from "./pages/overview.ts";
import { asProblem, Problem, problemJson } from "./problem.ts";
import { acts, pages } from "./routes.ts";
import { digestOf, type Principal, type Session } from "./sessions.ts";
import {
  cookieName,
  openByToken,
  openLink,
  setPreference,
  type SignInOptions,
  signInPage,
  signOut,
  writerOf,
} from "./sign_in.ts";
import type { ConsoleSources } from "./sources.ts";
import { emptyState, pageHead } from "./views/parts.ts";

/** A console that answers. */
export interface Console {
  answer(request: Request): Promise<Response>;
  /** Ends its streams. */
  close(): void;
}

/** What a request is answered with. */
interface Serving {
  readonly sources: ConsoleSources;
  readonly signIn: SignInOptions;
  readonly live: LiveStreams;
}

export function createConsole(sources: ConsoleSources, signIn: SignInOptions, publicUrl?: string): Console {
  const live = new LiveStreams(() => readFigures(sources));
  const closed = new AbortController();
  const serving = { sources, signIn, live };
  const app = new Hono();
  app.use(secureHeaders(headersOf(signIn)));
  const ownForms = csrf({ origin: (origin, context) => isOwnOrigin(origin, context.req.url, publicUrl) });
  // The API takes no forms, and lets nobody write by a cookie.
  app.use((context, next) => context.req.path.startsWith("/api/") ? next() : ownForms(context, next));
  app.notFound((context) =>
    problemResponse(
      context,
      serving,
      new Problem(404, "problem.not_found", "problem.not_found.detail", {
        what: context.req.path.slice(0, 80),
      }),
    )
  );
  app.onError((error, context) => problemResponse(context, serving, problemOf(error, sources)));
  addSignIn(app, serving);
  for (const page of pages) app.get(page.path, (context) => showPage(context, page, serving));
  for (const act of acts) app.post(act.path, (context) => performAct(context, act, serving));
  app.get("/stream", (context) => openStream(context, serving));
  app.route("/api/v1", createApi({ sources, signal: closed.signal, ...programsOf(serving) }));
  return { answer: async (request) => await app.fetch(request), close };

  function close(): void {
    closed.abort();
    live.close();
  }
}

/** Who asks the API. A session of a browser reads, and no more: what a page of elsewhere could send along must change nothing. */
function programsOf(serving: Serving) {
  const isByToken = (context: Context) => context.req.header("authorization") !== undefined;
  return {
    principalOf: (context: Context) =>
      isByToken(context) || context.req.method === "GET" ? principalOf(context, serving) : undefined,
    stillKnown(context: Context) {
      if (isByToken(context)) return principalOf(context, serving);
      return serving.signIn.sessions.peek(getCookie(context, cookieName(serving.signIn)) ?? "");
    },
  };
}

/** Nothing but what the node itself serves; no script in a page, and none that makes HTML from text. */
function headersOf({ isSecure }: SignInOptions): Parameters<typeof secureHeaders>[0] {
  const own = ["'self'"];
  return {
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: own,
      styleSrc: own,
      imgSrc: own,
      connectSrc: own,
      formAction: own,
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
    // With `no-referrer` a browser would send no origin with a form, by which it is known to be ours.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    strictTransportSecurity: isSecure && "max-age=31536000",
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  };
}

/** A form from elsewhere is refused by what checks its origin; what nobody expected is told in the log. */
function problemOf(error: unknown, { onFailure }: ConsoleSources): Problem {
  if (error instanceof HTTPException) return new Problem(403, "problem.stale", "problem.stale.detail");
  const problem = asProblem(error);
  if (problem.status === 500) onFailure(error);
  return problem;
}

function isOwnOrigin(origin: string, url: string, publicUrl: string | undefined): boolean {
  return origin === new URL(url).origin || (publicUrl !== undefined && origin === new URL(publicUrl).origin);
}

function addSignIn(app: Hono, { signIn }: Serving): void {
  app.get("/assets/*", (context) => assetResponse(context));
  app.get("/login", (context) => openLink(context, signIn));
  app.post("/login", (context) => openByToken(context, signIn));
  app.post("/logout", (context) => signOut(context, signIn));
  app.post("/preferences", (context) => setPreference(context, signIn));
  app.post("/links", (context) => {
    const given = context.req.header("authorization") ?? "";
    const isKnown = digestOf(given) === digestOf(`Link ${signIn.linkSecret}`);
    if (!isKnown || signIn.signInBy !== "link") return context.notFound();
    return context.json({ token: signIn.sessions.createLink(signIn.localAdmin) });
  });
}

function assetResponse(context: Context): Response | Promise<Response> {
  const found = findAsset(context.req.path);
  if (found === undefined) return context.notFound();
  return context.body(found.text, 200, {
    "content-type": found.type,
    "cache-control": "public, max-age=31536000, immutable",
  });
}

/** Who asks: by the cookie of a session, or by a token, as programs do. */
function principalOf(context: Context, { signIn }: Serving): Session | Principal | undefined {
  const bearer = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return signIn.findByToken?.(bearer);
  const cookie = getCookie(context, cookieName(signIn));
  return cookie === undefined ? undefined : signIn.sessions.find(cookie);
}

/** A visit by somebody who may do this; else the answer why not. */
function admitted(context: Context, act: Act, serving: Serving): Visit | Response | Promise<Response> {
  const principal = principalOf(context, serving);
  if (principal === undefined) return unknownVisitor(context, serving);
  if (isAllowed(principal, act)) return visitOf(context, principal, serving);
  const write = writerOf(context);
  const named = (roles: readonly (typeof principal.roles)[number][]) =>
    roles.map((role) => write(`role.${role}`)).join(", ");
  throw new Problem(403, "problem.forbidden", "problem.forbidden.detail", {
    roles: named(access[act]),
    held: named(principal.roles),
  });
}

function unknownVisitor(context: Context, { signIn }: Serving): Response | Promise<Response> {
  if (context.req.method === "GET" && !wantsJson(context)) {
    return context.req.path === "/" ? signInPage(context, signIn) : context.redirect("/login", 303);
  }
  const write = writerOf(context);
  const body = { type: "about:blank", status: 401, title: write("login.title"), detail: write("login.link") };
  return context.json(body, 401, {
    "content-type": "application/problem+json",
    "www-authenticate": "Bearer",
  });
}

function visitOf(context: Context, principal: Session | Principal, { sources }: Serving): Visit {
  const theme = getCookie(context, "zaakstroom_theme");
  return {
    url: new URL(context.req.url),
    principal: { name: principal.name, roles: principal.roles, scopes: principal.scopes ?? [] },
    csrf: "csrf" in principal ? principal.csrf : "",
    write: writerOf(context),
    theme: theme === "light" || theme === "dark" ? theme satisfies Theme : undefined,
    sources,
    params: context.req.param() as Record<string, string>,
    wantsJson: wantsJson(context),
  };
}

function wantsJson(context: Context): boolean {
  const accepted = context.req.header("accept") ?? "";
  return accepted.includes("application/json") && !accepted.includes("text/html");
}

async function showPage(context: Context, page: Page, serving: Serving): Promise<Response> {
  const visit = await admitted(context, page.act, serving);
  return visit instanceof Response ? visit : await respondWith(context, visit, await page.show(visit));
}

async function performAct(context: Context, act: FormAct, serving: Serving): Promise<Response> {
  const visit = await admitted(context, act.act, serving);
  if (visit instanceof Response) return visit;
  const { csrf: sent, ...form } = await formOf(context);
  if (sent !== visit.csrf && visit.csrf !== "") {
    throw new Problem(403, "problem.stale", "problem.stale.detail");
  }
  const outcome = await act.perform(visit, form);
  if (outcome.kind === "answered") return await respondWith(context, visit, outcome.answer);
  if (visit.wantsJson) return context.json(outcome.json);
  const to = new URL(outcome.to, visit.url);
  to.searchParams.set("done", outcome.notice.replace(/^done\./, ""));
  to.searchParams.set("n", String(outcome.count));
  return context.redirect(to.pathname + to.search, 303);
}

/** The fields of a form, or of an object that a program sends. */
async function formOf(context: Context): Promise<Form> {
  const isJson = context.req.header("content-type")?.startsWith("application/json") ?? false;
  const body: unknown = isJson ? await context.req.json().catch(() => ({})) : await context.req.parseBody();
  const fields = Object.entries(body ?? {});
  return Object.fromEntries(
    fields.filter((field): field is [string, string] => typeof field[1] === "string"),
  );
}

async function respondWith(context: Context, visit: Visit, answer: Answer): Promise<Response> {
  const status = (answer.status ?? 200) as 200;
  context.header("cache-control", "no-store");
  context.header("vary", "accept, accept-language, cookie");
  if (answer.file !== undefined) return fileResponse(context, answer.file);
  if (visit.wantsJson) return context.json(answer.json, status);
  return context.html(framed(visit, answer, await railCounts(visit)).text, status);
}

/** Never shown in the console: it is kept by who asked for it. */
function fileResponse(context: Context, { name, type, text }: AnswerFile): Response {
  return context.body(text, 200, {
    "content-type": type,
    "content-disposition": `attachment; filename="${name}"`,
  });
}

/** A page that can be shown is shown, also when the figures of the rail can't be had. */
async function railCounts({ sources }: Visit): Promise<RailCounts> {
  const figures = await readFigures(sources).catch(() => undefined);
  return figures === undefined ? {} : { stuck: stuckIn(figures), inbox: figures.refused };
}

async function problemResponse(context: Context, serving: Serving, problem: Problem): Promise<Response> {
  const write = writerOf(context);
  const { status, title, detail, fill } = problem;
  if (wantsJson(context)) {
    const headers = { "content-type": "application/problem+json" };
    return context.json(problemJson(problem, write), status as 400, headers);
  }
  const principal = principalOf(context, serving);
  const problemText = emptyState(status === 403 ? "lock" : "out", write(detail, fill), "");
  const body = markup`${pageHead(write(title, fill))}${problemText}`;
  if (principal === undefined) {
    return context.html(unframed(write, write(title, fill), body).text, status as 400);
  }
  const visit = visitOf(context, principal, serving);
  return await respondWith(context, visit, {
    ...{ title: write(title, fill), current: "overview", body, status },
    json: problemJson(problem, write),
  });
}

async function openStream(context: Context, serving: Serving): Promise<Response> {
  const visit = await admitted(context, "overview.see", serving);
  if (visit instanceof Response) return visit;
  const { signIn, live } = serving;
  const cookie = getCookie(context, cookieName(signIn)) ?? "";
  const isBySession = visit.csrf !== "";
  const stream = live.open(visit.write, () => !isBySession || signIn.sessions.peek(cookie) !== undefined);
  if (stream === undefined) throw new Problem(503, "problem.unavailable", "problem.unavailable.detail");
  return context.body(stream, 200, { "content-type": "text/event-stream", "cache-control": "no-store" });
}
