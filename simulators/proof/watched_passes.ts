/** Passes that are watched: each is reported as a settle of every processor that it moves. @module */
import { BackendUnavailable } from "../../backends/errors.ts";
import { positionOf } from "../../backends/mailbox/batch.ts";
import type {
  PassFeed,
  PassFetched,
  PassMove,
  PassOwner,
  PassSettlement,
  PassSource,
  PassStatus,
} from "../../backends/mailbox/pass.ts";
import { decodeLines, encodeLines } from "../../schema/delivery_line.ts";
import type { SettleResult } from "./history.ts";
import { handledBy } from "./pass_deliveries.ts";
import type { WatchContext } from "./watch_context.ts";

/** The same passes, watched. */
export function watchPasses(passes: PassSource, context: WatchContext): PassSource {
  return { open: (partition) => new WatchedFeed(passes.open(partition), context) };
}

/** In an output line: the field of the event's id. */
const OUTPUT_ID = 2;

class WatchedFeed implements PassFeed {
  readonly #feed: PassFeed;
  readonly #context: WatchContext;
  #owners: readonly PassOwner[] = [];
  #fetched: PassFetched | undefined;
  /** The lines of the last pass that was settled. */
  #last: string[] | undefined;

  constructor(feed: PassFeed, context: WatchContext) {
    this.#feed = feed;
    this.#context = context;
  }

  get isLarge(): boolean {
    return this.#feed.isLarge;
  }

  setMembers(owners: readonly PassOwner[]): void {
    this.#release();
    this.#owners = owners;
    this.#feed.setMembers(owners);
  }

  async fetch(signal: AbortSignal): Promise<PassFetched> {
    this.#release();
    const fetched = await this.#feed.fetch(signal);
    if (fetched.kind !== "pass") return fetched;
    this.#fetched = fetched;
    this.#context.switches.inFlight.add(1, fetched.lines.length);
    return this.#withRepeats(fetched);
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#release();
    return this.#feed.wait(ms, signal);
  }

  /** The lines, behind those of the pass before once more. */
  #withRepeats(fetched: PassFetched): PassFetched {
    const { switches } = this.#context;
    const last = this.#last;
    this.#last = undefined;
    if (!switches.repeatsBatches || last === undefined) return fetched;
    switches.deliveriesRepeated += last.length;
    const lines = encodeLines([...last, ...decodeLines(fetched.lines)]);
    return { ...fetched, lines, count: fetched.count + last.length };
  }

  /** A pass is in hand until it is settled, or left. */
  #release(): void {
    if (this.#fetched === undefined) return;
    this.#context.switches.inFlight.add(-1, -this.#fetched.lines.length);
    this.#fetched = undefined;
  }

  async commit(settlement: PassSettlement, signal: AbortSignal): Promise<PassStatus> {
    const { report, now, switches } = this.#context;
    await switches.waitWhileHeld();
    const lines = decodeLines(this.#fetched!.lines);
    const ids: number[] = [];
    for (const move of settlement.moves) {
      ids.push(++switches.settles);
      await report({
        kind: "settle_begun",
        id: switches.settles,
        attempt: this.#attemptOf(move, lines, settlement),
      });
    }
    let result: SettleResult = "failed";
    try {
      const status = await this.#feed.commit(settlement, signal);
      result = status === "behind" ? "failed" : status === "already" ? "settled" : status;
      if (result === "settled") this.#last = lines;
      return status;
    } catch (error) {
      if (error instanceof BackendUnavailable) result = "unavailable";
      throw error;
    } finally {
      this.#release();
      for (const id of ids) await report({ kind: "settle_ended", id, result, at: now() });
    }
  }

  #attemptOf(move: PassMove, lines: readonly string[], { outputs }: PassSettlement) {
    const { processor, from, to } = move;
    const { partition, epoch, types } = this.#owners.find((owner) => owner.processor === processor)!;
    const handled = handledBy(move, types, { lines, made: decodeLines(outputs) });
    return {
      ...{ processor, partition, epoch, kind: "fresh" as const, from, to, failed: [] },
      begunAt: this.#context.now(),
      positions: handled.lines.map(positionOf),
      made: handled.made.map((line) => ({
        eventId: line.split("\t", OUTPUT_ID + 1)[OUTPUT_ID]!,
        version: Number.parseInt(line),
      })),
    };
  }
}
