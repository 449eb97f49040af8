/** The contract of a fault: what it does, how it ends, and what proves that it happened. @module */
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import type { RuntimeEventKind } from "../proof/history.ts";
import type { Testbed } from "../chaos/testbed/testbed.ts";

/** What a fault lays hands on; in memory there are workers and nothing else. */
type FaultNeeds = "worker" | "process" | "link" | "store" | "own_server";

/**
 * One fault, made anew for every time it is applied. When it is applied, and whether at all, is decided elsewhere: the
 * scenario and its seed say so.
 */
export interface Fault {
  readonly name: string;
  /** What it does, in one sentence. */
  readonly does: string;
  readonly needs: FaultNeeds;
  /** The runtime has to make it visible by one of these (I8); none: there is nothing to be seen. */
  readonly signs: readonly RuntimeEventKind[];
  /** It may pass without any of these signs: where it strikes somebody else than the node, say. */
  readonly signsOptional?: true;
  /** It is over at once, and what it broke has to recover by itself. */
  readonly isInstant?: true;
  /** The partitions it strikes, where it spares others. */
  readonly affects?: (partition: number) => boolean;
  /** Makes it happen; resolves when it has. */
  apply(testbed: Testbed, signal: AbortSignal): Promise<void> | void;
  /** Ends it; resolves when it is over. Called once, also when `apply` failed. */
  heal(testbed: Testbed): Promise<void> | void;
  /** What proves that it took effect, in words; undefined when nothing does, and then the run fails. */
  tookEffect(testbed: Testbed): string | undefined;
}

const POLL_INTERVAL_MS = 5;
const POLL_TIMEOUT_MS = 20_000;

/** Resolves once something holds that nobody tells of; looked at again and again, and not for ever. */
export async function pollUntil(
  condition: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(POLL_TIMEOUT_MS)]);
  while (!late.aborted && !await condition()) await delayOrAbort(POLL_INTERVAL_MS, late);
}

/** For what is over by itself. */
export function noHealing(): void {}
