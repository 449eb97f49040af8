/** Why a request of a program is not done: problem+json (RFC 9457), in English, without values of what was sent. @module */
import {
  BackendUnavailable,
  BackendUnusable,
  EventIdConflict,
  NotAllowed,
  StoreLost,
  VersionConflict,
} from "../../../backends/errors.ts";
import { InvalidEvent } from "../../../schema/codec.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "The request can't be read",
  401: "Who asks is not known",
  403: "This may not be done",
  404: "There is no such thing",
  405: "There it is not done so",
  409: "It is otherwise by now",
  422: "The request breaks a rule",
  500: "This did not work",
  503: "The store can't be reached",
};

/** Ends a request. */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  constructor(
    readonly status: number,
    detail: string,
    readonly more: object = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** What was thrown, as a problem; undefined for what nobody expected. */
export function apiProblemOf(error: unknown): ApiProblem | undefined {
  if (error instanceof ApiProblem) return error;
  if (error instanceof InvalidEvent) return new ApiProblem(422, error.message, { problems: error.problems });
  if (error instanceof VersionConflict) {
    return new ApiProblem(409, error.message, { reason: "version_conflict", actual_version: error.actual });
  }
  if (error instanceof EventIdConflict) {
    return new ApiProblem(409, error.message, { reason: "event_id_conflict", event_id: error.eventId });
  }
  if (error instanceof NotAllowed) return new ApiProblem(403, error.message, { reason: "not_allowed" });
  if (error instanceof BackendUnusable || error instanceof StoreLost) {
    return new ApiProblem(503, "The store refuses it: sending it again helps once somebody has seen to that");
  }
  return error instanceof BackendUnavailable
    ? new ApiProblem(503, "Nothing is known to be stored: send it again later")
    : undefined;
}

export function problemResponseOf({ status, message, more, headers: own }: ApiProblem): Response {
  const body = { type: "about:blank", status, title: TITLES[status] ?? "Problem", detail: message, ...more };
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store", ...own };
  return new Response(JSON.stringify(body), {
    status,
    headers: status === 401 ? { ...headers, "www-authenticate": "Bearer" } : headers,
  });
}
