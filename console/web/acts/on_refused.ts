/** What retrying and discarding a refused event share. @module */
import type { Form, Outcome, Visit } from "../page.ts";
import { Problem, requireReason } from "../problem.ts";

/** Acts on the refused event that a form names. */
export async function actOnRefused(
  { sources, principal }: Visit,
  form: Form,
  verb: "retry" | "discard",
): Promise<Outcome> {
  const action = { by: principal.name, why: requireReason(form.reason) };
  const { inbox } = await sources.backend();
  const id = Number(/^\d{1,15}$/.exec(form.id ?? "")?.[0] ?? NaN);
  const isDone = inbox !== undefined && !Number.isNaN(id) && await inbox[verb](id, action);
  if (!isDone) throw new Problem(409, "problem.changed", "problem.gone");
  const notice = verb === "retry" ? "done.retried" : "done.dropped";
  return { kind: "done", to: "/inbox", notice, count: 1, json: { did: verb, id: String(id) } };
}
