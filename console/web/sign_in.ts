/** Signing in and out: by a link that works once, or by a token; and the preferences of a browser. @module */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { unframed } from "./layout.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import type { Principal, Sessions } from "./sessions.ts";
import type { FindByToken } from "./token_file.ts";
import { languageOf, languages, type Writer, writerIn } from "./texts/catalogue.ts";
import { pageHead, textField } from "./views/parts.ts";

/** How a person gets in. */
export interface SignInOptions {
  readonly sessions: Sessions;
  /** Whom a link signs in. */
  readonly localAdmin: Principal;
  readonly signInBy: "link" | "token";
  /** Undefined where nobody has a token. */
  readonly findByToken: FindByToken | undefined;
  /** The secret by which `console link` asks for another link, known to this machine's user alone. */
  readonly linkSecret: string;
  /** True where the browser speaks TLS, to this node or to the proxy before it. */
  readonly isSecure: boolean;
  /** Of the cookie: cookies know no ports, and a machine may have two nodes. */
  readonly port: () => number;
}

const YEAR_S = 365 * 86_400;

export function cookieName({ isSecure, port }: SignInOptions): string {
  return isSecure ? "__Host-zaakstroom" : `zaakstroom_${port()}`;
}

function cookieOptions({ isSecure }: SignInOptions) {
  return { path: "/", httpOnly: true, sameSite: "Strict", secure: isSecure } as const;
}

/** The writer of a browser: as it was switched to, else as it accepts. */
export function writerOf(context: Context): Writer {
  const chosen = languages.find((each) => each === getCookie(context, "zaakstroom_language"));
  return writerIn(chosen ?? languageOf(context.req.header("accept-language")));
}

/** `GET /login`: with a link that is good the session begins. */
export function openLink(context: Context, signIn: SignInOptions): Response | Promise<Response> {
  const token = context.req.query("token");
  if (token === undefined) return signInPage(context, signIn);
  const cookie = signIn.sessions.redeem(token);
  if (cookie === undefined) return signInPage(context, signIn, "login.expired", 403);
  return enter(context, cookie, signIn);
}

/** `POST /login`: a token is typed. */
export async function openByToken(context: Context, signIn: SignInOptions): Promise<Response> {
  if (signIn.signInBy === "link") return signInPage(context, signIn, "login.refused", 403);
  const { token = "" } = await context.req.parseBody();
  const principal = typeof token === "string" ? signIn.findByToken?.(token.trim()) : undefined;
  if (principal === undefined) return signInPage(context, signIn, "login.refused", 403);
  return enter(context, signIn.sessions.begin(principal), signIn);
}

/**
 * A cookie that is SameSite=Strict does not go along when another site's page led here. So the first page is one of our own,
 * which leads on.
 */
function enter(context: Context, cookie: string, signIn: SignInOptions): Response | Promise<Response> {
  setCookie(context, cookieName(signIn), cookie, cookieOptions(signIn));
  if (context.req.header("sec-fetch-site") !== "cross-site") return context.redirect("/", 303);
  const write = writerOf(context);
  const body = markup`<p><a href="/">${write("login.enter")}</a></p>`;
  return context.html(unframed(write, write("login.title"), body, "/").text);
}

export function signOut(context: Context, signIn: SignInOptions): Response {
  const cookie = getCookie(context, cookieName(signIn));
  if (cookie !== undefined) signIn.sessions.end(cookie);
  deleteCookie(context, cookieName(signIn), cookieOptions(signIn));
  return context.redirect("/login", 303);
}

/** `POST /preferences`: the language or the theme of this browser. */
export async function setPreference(context: Context, signIn: SignInOptions): Promise<Response> {
  const { language, theme, to } = await context.req.parseBody();
  const options = { ...cookieOptions(signIn), maxAge: YEAR_S };
  if (language === "en" || language === "nl") setCookie(context, "zaakstroom_language", language, options);
  if (theme === "light" || theme === "dark") setCookie(context, "zaakstroom_theme", theme, options);
  return context.redirect(ownPath(to), 303);
}

/** An address of this console; anything else is its first page. */
function ownPath(to: unknown): string {
  return typeof to === "string" && /^\/(?![/\\])[^\r\n\\]*$/.test(to) ? to : "/";
}

export function signInPage(
  context: Context,
  signIn: SignInOptions,
  problem?: "login.expired" | "login.refused",
  status: 200 | 403 = 200,
): Response | Promise<Response> {
  const write = writerOf(context);
  const problemText: Content = problem && markup`<p class="box note bad" role="alert">${write(problem)}</p>`;
  const way = signIn.signInBy === "link" ? linkHelp(write) : tokenForm(write);
  const body = markup`${pageHead(write("login.title"))}${problemText}${way}`;
  return context.html(unframed(write, write("login.title"), body).text, status);
}

function linkHelp(write: Writer): Markup {
  return markup`<p>${write("login.link")}</p><p>${
    write("login.again")
  }</p><pre tabindex="0">deno task console link</pre>`;
}

function tokenForm(write: Writer): Markup {
  return markup`<form method="post" action="/login">${
    textField("token", write("login.token"), {
      help: write("login.token.help"),
      required: true,
      isSecret: true,
    })
  }<button class="b primary">${write("login.submit")}</button></form>`;
}
