/** An outage under an idle node: when it is noticed, what is told of it, and when work goes on. @module */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { Program } from "./program.ts";

interface Outage {
  /** Options that name the store. */
  readonly store: readonly string[];
  begin(): Promise<void> | void;
  /** Resolves when the server takes connections again. */
  end(): Promise<void> | void;
  /** Stores a case; returns a question whether the node has taken it up. */
  publish(): Promise<() => Promise<boolean>>;
}

/** The product promises 5 and 3 seconds; a busy machine gets much longer. Without the watch it takes 15 and more. */
const [NOTICED_WITHIN, GOES_ON_WITHIN] = [14_000, 14_000];
/** How long the server stays away after the node has noticed. */
const LASTS_MS = 4_000;
/** The last answer before an outage may be as old as the interval at which an idle node asks. */
const INTERVAL_MS = 4_000;

/** Puts an idle node through an outage. */
export async function assertOutageIsReported({ store, begin, end, publish }: Outage): Promise<void> {
  const args = ["start", ...store, "--workers", "1", "--port", "0", "--json"];
  await using node = Program.start(args);
  const address = await node.serving();
  await settled(await publish(), 30_000, node);
  const unavailable = node.err.next(/"backend_unavailable"/);
  unavailable.catch(() => {});
  const from = performance.now();
  await begin();
  const { reason } = JSON.parse(await unavailable);
  const noticed = performance.now();
  assertMatch(reason, /^\w+ is away \(.+\)$/);
  assertLess(performance.now() - from, NOTICED_WITHIN, node.err.text);
  const health = await fetch(`${address}health`);
  const { status, why } = await health.json();
  assertEquals([status, why.length], ["unavailable", 1]);
  assertMatch(why[0], /^the backend is unavailable for [\d.]+ s: \w+ is away \(.+\)$/);
  assertLess(performance.now() - from, NOTICED_WITHIN + 5_000, "health takes its time");
  await new Promise((resolve) => setTimeout(resolve, LASTS_MS));
  const available = node.err.next(/"backend_available"/).then((line) => ({ line, at: performance.now() }));
  available.catch(() => {});
  const atLeastMs = performance.now() - noticed;
  await end();
  await settled(await publish(), GOES_ON_WITHIN, node);
  const { line, at } = await available;
  assertReportedDuration(JSON.parse(line).unavailable_ms, atLeastMs, at - from + INTERVAL_MS);
  await settled(() => isOk(address), GOES_ON_WITHIN, node);
}

/** It lasted from before it was told until the server was back, and no longer than until its end was told. */
function assertReportedDuration(ms: number, atLeastMs: number, atMostMs: number): void {
  assert(ms >= atLeastMs && ms <= atMostMs, `${ms} ms told of ${atLeastMs} to ${atMostMs}`);
}

async function isOk(address: string): Promise<boolean> {
  const { status } = await fetch(`${address}health`).then((answer) => answer.json());
  return status === "ok";
}

async function settled(isTakenUp: () => Promise<boolean>, withinMs: number, node: Program): Promise<void> {
  const from = performance.now();
  while (!await isTakenUp()) {
    assertLess(performance.now() - from, withinMs, node.err.text);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
