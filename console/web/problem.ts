/** What can't be answered or done: as a page, or as problem+json (RFC 9457) for programs. @module */
import { BackendUnavailable, BackendUnusable, StoreLost } from "../../backends/errors.ts";
import type { Fill, TextKey, Writer } from "./texts/catalogue.ts";

/** Ends an answer: its title and detail are texts of the catalogue, never those of an error. */
export class Problem extends Error {
  override name = "Problem";
  constructor(
    readonly status: number,
    readonly title: TextKey,
    readonly detail: TextKey,
    readonly fill: Fill = {},
  ) {
    super(title);
  }
}

/** A problem, whatever was thrown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const isUnavailable = [BackendUnavailable, BackendUnusable, StoreLost].some((each) =>
    error instanceof each
  );
  return isUnavailable
    ? new Problem(503, "problem.unavailable", "problem.unavailable.detail")
    : new Problem(500, "problem.failed", "problem.failed.detail");
}

/** A problem as problem+json has it. */
export function problemJson({ status, title, detail, fill }: Problem, write: Writer): object {
  return { type: "about:blank", status, title: write(title, fill), detail: write(detail, fill) };
}

/** The reason of an act: it is kept in the audit trail, so none may be empty. */
export function requireReason(reason: string | undefined): string {
  const given = reason?.trim() ?? "";
  if (given === "") throw new Problem(422, "problem.invalid", "problem.reason_missing");
  return given.slice(0, 1_000);
}
