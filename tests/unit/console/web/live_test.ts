import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Health } from "../../../../backends/health.ts";
import { reportHealth } from "../../../../console/http/health_report.ts";
import { FlowMeter } from "../../../../console/telemetry/flow_meter.ts";
import { overviewFigures } from "../../../../console/web/data/overview.ts";
import { LiveStreams } from "../../../../console/web/live.ts";
import { writerIn } from "../../../../console/web/texts/catalogue.ts";
import { facts, mailbox, START } from "../fixtures.ts";

const flow = new FlowMeter(() => START);

/** Figures of a node with so many deliveries waiting. */
function figures(pending: number) {
  const health: Health = {
    ...{ durability: "on disk", survivesPowerFailure: true, timers: 0, nextTimerAt: null },
    mailboxes: [mailbox({ pending })],
  };
  const seen = { now: START, availableSince: null, unownedSince: new Map() };
  return overviewFigures(reportHealth(health, facts(), seen), health, flow, ["intake"]);
}

const decoder = new TextDecoder();
const english = writerIn("en");
const always = () => true;

Deno.test("a page gets the figures at once, and again when they changed, in its own language", async () => {
  let pending = 1;
  const streams = new LiveStreams(() => Promise.resolve(figures(pending)), 1);
  const [en, nl] = [english, writerIn("nl")].map((write) => streams.open(write, always)!.getReader());
  const next = async (reader: typeof en) => decoder.decode((await reader!.read()).value);
  const [first, dutch] = [await next(en), await next(nl)];
  assertStringIncludes(first, `"intake.pending":"1"`);
  assert(first.startsWith("id: ") && dutch !== first);
  pending = 2_000;
  let later = await next(en);
  while (later.startsWith(":")) later = await next(en);
  assertStringIncludes(later, `"intake.pending":"2,000"`);
  streams.close();
});

Deno.test("a page that does not take its figures in time is dropped, and nothing runs without a page", async () => {
  let reads = 0;
  const streams = new LiveStreams(() => Promise.resolve(figures(reads++)), 1);
  const slow = streams.open(english, always)!;
  const reader = streams.open(english, always)!.getReader();
  while (!(await reader.read()).done && streams.size > 1);
  assertEquals(streams.size, 1);
  await reader.cancel();
  assertEquals(streams.size, 0);
  streams.close();
  await slow.cancel();
});

Deno.test("a stream ends with its session, with the node, and when the figures can't be had", async () => {
  const sessionOver = new LiveStreams(() => Promise.resolve(figures(1)), 1);
  const failing = new LiveStreams(() => Promise.reject(new Error("away")), 1);
  const streams = [
    sessionOver.open(english, () => false)!,
    failing.open(english, always)!,
  ];
  for (const stream of streams) assertEquals((await stream.getReader().read()).done, true);
  const closing = new LiveStreams(() => new Promise(() => {}), 1);
  const open = closing.open(english, always)!.getReader();
  closing.close();
  assertEquals((await open.read()).done, true);
  assertEquals(closing.open(english, always), undefined);
});

Deno.test("two hundred streams are open at most: probes need connections too", () => {
  const streams = new LiveStreams(() => new Promise(() => {}), 1);
  const open = Array.from({ length: 200 }, () => streams.open(english, always));
  assertEquals([open.includes(undefined), streams.open(english, always)], [false, undefined]);
  streams.close();
});
