/**
 * Who is signed in: links of one use, and the sessions they begin. Kept in memory, by digest: what a memory dump shows signs
 * nobody in. A node that starts again forgets them, and prints a new link.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import type { Act, Role } from "./access.ts";

/** Who speaks. */
export interface Principal {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Acts that a token was given beside its roles. */
  readonly scopes?: readonly Act[];
}

/** A person who is signed in. */
export interface Session extends Principal {
  /** What the forms of this session carry. */
  readonly csrf: string;
  readonly startedAt: number;
  usedAt: number;
}

const LINK_MS = 10 * 60_000;
/** A session ends this long after its last request, and this long after it began. */
const IDLE_MS = 30 * 60_000;
const LONGEST_MS = 8 * 3_600_000;
/** Of each; the oldest makes room. */
const MOST = 1_000;

/** What is kept in place of a secret. */
export function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

const newSecret = () => randomBytes(32).toString("base64url");

/** The links and sessions of one node. */
export class Sessions {
  readonly #now: () => number;
  readonly #links = new Map<string, { readonly principal: Principal; readonly until: number }>();
  readonly #sessions = new Map<string, Session>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A secret that signs in once, within ten minutes. */
  createLink(principal: Principal): string {
    const secret = newSecret();
    this.#makeRoom(this.#links);
    this.#links.set(digestOf(secret), { principal, until: this.#now() + LINK_MS });
    return secret;
  }

  /** Uses a link up. Returns the cookie of the session it begins; undefined for one that is used, too old, or made up. */
  redeem(link: string): string | undefined {
    const digest = digestOf(link);
    const found = this.#links.get(digest);
    this.#links.delete(digest);
    return found === undefined || found.until < this.#now() ? undefined : this.begin(found.principal);
  }

  /** Begins a session, whose cookie is new: none that was there before is taken over. */
  begin({ name, roles }: Principal): string {
    const cookie = newSecret();
    this.#makeRoom(this.#sessions);
    const at = this.#now();
    this.#sessions.set(digestOf(cookie), { name, roles, csrf: newSecret(), startedAt: at, usedAt: at });
    return cookie;
  }

  /** The session of a cookie, whose use counts. */
  find(cookie: string): Session | undefined {
    const session = this.peek(cookie);
    if (session !== undefined) session.usedAt = this.#now();
    return session;
  }

  /** The session that a cookie still has; to ask is no use of it. */
  peek(cookie: string): Session | undefined {
    const digest = digestOf(cookie);
    const session = this.#sessions.get(digest);
    if (session === undefined) return undefined;
    const now = this.#now();
    if (now - session.usedAt <= IDLE_MS && now - session.startedAt <= LONGEST_MS) return session;
    this.#sessions.delete(digest);
    return undefined;
  }

  end(cookie: string): void {
    this.#sessions.delete(digestOf(cookie));
  }

  #makeRoom(entries: Map<string, unknown>): void {
    const [oldest] = entries.keys();
    if (oldest !== undefined && entries.size >= MOST) entries.delete(oldest);
  }
}
