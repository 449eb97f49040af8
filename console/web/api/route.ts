/** What a route of the HTTP API is: one file each, listed in `routes.ts`. @module */
import type { z } from "zod";
import type { Act } from "../access.ts";
import type { Principal } from "../sessions.ts";
import type { ConsoleSources } from "../sources.ts";

/** A request that was checked: its query and its body have the declared shape. */
export interface ApiCall<Q = unknown, B = unknown> {
  readonly principal: Principal;
  readonly sources: ConsoleSources;
  /** Parts of the path, such as the number of a case. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  /** True for a client that asks for a stream of events. */
  readonly wantsStream: boolean;
  /** Where such a stream was cut off. */
  readonly lastEventId: string | undefined;
  /** Aborts when the node closes: streams end. */
  readonly signal: AbortSignal;
  /** Whether who asked may still: a token may be revoked, and a session end, while a stream is open. */
  readonly isAllowed: () => boolean;
}

/** An answer: an object, or a stream of events. */
export type ApiAnswer =
  | { readonly status: number; readonly json: object }
  | { readonly stream: ReadableStream<Uint8Array> };

/** What an answer means, and its shape where it has one. */
interface DeclaredAnswer {
  readonly means: string;
  readonly schema?: z.ZodType;
  /** It is a stream of server-sent events for a client that accepts `text/event-stream`. */
  readonly isStream?: boolean;
}

export interface ApiRoute<Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType> {
  readonly method: "get" | "post";
  /** Below `/api/v1`, its parts in braces: `/cases/{case_id}`. */
  readonly path: string;
  readonly act: Act;
  readonly summary: string;
  readonly notes?: string;
  readonly query?: Q;
  readonly body?: B;
  /** Its body may be CloudEvents: structured, a batch, or one in headers. */
  readonly takesCloudEvents?: boolean;
  readonly answers: Readonly<Record<number, DeclaredAnswer>>;
  /** Throws ApiProblem, and what a store throws. */
  handle(call: ApiCall<z.output<Q>, z.output<B>>): Promise<ApiAnswer>;
}

/** Gives a route the types of its query and body. */
export function apiRoute<Q extends z.ZodType, B extends z.ZodType>(route: ApiRoute<Q, B>): ApiRoute {
  return route as unknown as ApiRoute;
}
