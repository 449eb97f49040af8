/** The contract of a fault: what it does, how it ends, and what proves that it happened. @module */
import { delay } from "../../backends/patience.ts";
import type { ToldKind } from "../chaos/history.ts";
import type { Stage } from "../chaos/stage.ts";

/** What a fault lays hands on; in memory there are workers and nothing else. */
type Needs = "worker" | "process" | "link" | "store" | "own_server";

/**
 * One fault, made anew for every time it is applied. When it is applied, and whether at all, is decided elsewhere: the
 * scenario and its seed say so.
 */
export interface Fault {
  readonly name: string;
  /** What it does, in one sentence. */
  readonly does: string;
  readonly needs: Needs;
  /** The runtime has to make it visible by one of these (I8); none: there is nothing to be seen. */
  readonly shownBy: readonly ToldKind[];
  /** It may pass without any of these signs: where it strikes somebody else than the node, say. */
  readonly maybeSilent?: true;
  /** It is over at once, and what it broke has to recover by itself. */
  readonly isInstant?: true;
  /** The partitions it strikes, where it spares others. */
  readonly strikes?: (partition: number) => boolean;
  /** Makes it happen; resolves when it has. */
  apply(stage: Stage, signal: AbortSignal): Promise<void> | void;
  /** Ends it; resolves when it is over. Called once, also when `apply` failed. */
  heal(stage: Stage): Promise<void> | void;
  /** What proves that it took effect, in words; undefined when nothing does, and then the run fails. */
  tookEffect(stage: Stage): string | undefined;
}

const LOOK_MS = 5;
const PATIENCE_MS = 20_000;

/** Resolves once something holds that nobody tells of; looked at again and again, and not for ever. */
export async function untilSeen(
  holds: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  while (!late.aborted && !await holds()) await delay(LOOK_MS, late);
}

/** For what is over by itself. */
export function nothingToHeal(): void {}
