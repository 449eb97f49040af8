/**
 * The delivery of which a pass came to nothing, as its processor is told, so that it is tried no more often, and kills no more
 * workers, than if there had been no pass. Pure.
 * @module
 */
import { linesOf, positionOf } from "../../backends/mailbox/batch.ts";
import type { PassFetched } from "../../backends/mailbox/pass.ts";
import { parseLine } from "../../schema/delivery_line.ts";
import type { DropReason } from "./drop_reason.ts";
import { crashedAttempt } from "../failures/crash_result.ts";
import type { WorkerDied } from "../pool/worker_handle.ts";
import { readPlace } from "../worker/pass_place.ts";
import type { FailedAttempt, NotFused, PassFailure } from "../worker/protocol.ts";

export type PassCulprit =
  /** It was tried and failed, once: it is charged with that attempt. */
  | { readonly kind: "failed"; readonly failed: FailedAttempt }
  /** It killed its worker: it is handled alone. */
  | { readonly kind: "killed"; readonly position: number }
  /**
   * Something that the pass made of this case killed its worker. It has no position yet: of this processor, whatever comes of
   * the case is handled alone.
   */
  | { readonly kind: "killed_in_case"; readonly caseId: string };

/** A pass that came to nothing. */
export interface Dropped {
  readonly kind: "not_fused";
  readonly reason: DropReason;
  /** Whose delivery it was, where that is known. */
  readonly processor?: string | undefined;
  readonly culprit?: PassCulprit | undefined;
}

/** What failed in a pass. */
export function droppedByFailure(reason: NotFused, failure: PassFailure | undefined): Dropped {
  if (failure === undefined) return { kind: "not_fused", reason };
  const { processor, failed } = failure;
  return { kind: "not_fused", reason, processor, culprit: { kind: "failed", failed } };
}

/** What the worker was at when it died of the pass. As in a batch, what was alone is charged with it. */
export function droppedByDeath(died: WorkerDied, { lines, parts }: PassFetched): Dropped {
  const { suspect, name, message } = died;
  const reason = "worker_died";
  const place = suspect === undefined ? undefined : readPlace(suspect, parts.length);
  if (place === undefined) return { kind: "not_fused", reason };
  const all = linesOf({ lines });
  const line = all[place.line]!;
  const { processor } = parts[place.member]!;
  const isFirst = place.member === parts.findIndex(({ from, to }) => to > from);
  const isAlone = all.length === 1 && isFirst && !place.isChained;
  const culprit: PassCulprit = isAlone
    ? { kind: "failed", failed: crashedAttempt(line, { class: name, message }) }
    : suspectOf(line, place.isChained);
  return { kind: "not_fused", reason, processor, culprit };
}

function suspectOf(line: string, isChained: boolean): PassCulprit {
  if (!isChained) return { kind: "killed", position: positionOf(line) };
  return { kind: "killed_in_case", caseId: parseLine(line).event.correlation_id };
}
