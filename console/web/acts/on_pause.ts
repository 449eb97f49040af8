/** What pausing, draining and resuming share. @module */
import { processors } from "../../../actors/application.ts";
import type { PausedKind } from "../../../backends/pauses.ts";
import { nodeRows } from "../../http/node_shares.ts";
import type { Form, Outcome, Visit } from "../page.ts";
import { Problem, requireReason } from "../problem.ts";
import type { TextKey } from "../texts/catalogue.ts";

/** Pauses or resumes what a form names. Throws Problem where there is no such thing, or somebody was first. */
export async function actOnPause(
  { sources, principal }: Visit,
  form: Form,
  verb: "pause" | "resume",
  kind: PausedKind,
  notice: TextKey,
): Promise<Outcome> {
  const action = { by: principal.name, why: requireReason(form.reason) };
  const backend = await sources.backend();
  const name = form.name ?? "";
  const health = await backend.health();
  const known = kind === "node"
    ? nodeRows(health).map((row) => row.name)
    : [...processors.map((each) => each.name), ...health.mailboxes.map(({ processor }) => processor)];
  const isDone = known.includes(name) && await backend.pauses[verb]({ kind, name }, action);
  if (!isDone) throw new Problem(409, "problem.changed", "problem.gone");
  const json = { did: notice.replace(/^done\./, ""), name };
  return { kind: "done", to: "/processors", notice, count: 1, json };
}
