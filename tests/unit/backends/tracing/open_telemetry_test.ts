/** Spans of what goes wrong, under a tracer that samples what its parent samples, and nothing else. */
import { assertEquals, assertRejects } from "@std/assert";
import {
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import type { Batch } from "../../../../backends/mailbox/batch.ts";
import { OpenTelemetryTracing } from "../../../../backends/tracing/open_telemetry.ts";
import { readInput } from "../../../../schema/input.ts";

/** What was ended, as an exporter would get it: `name error parent`. */
const exported: string[] = [];
let made = 0;

function startSpan(name: string, { links = [] }: SpanOptions = {}, within?: Context): Span {
  const parent = within && trace.getSpanContext(within);
  const ids: SpanContext = {
    traceId: parent?.traceId ?? "a".repeat(32),
    spanId: (++made).toString(16).padStart(16, "0"),
    traceFlags: parent?.traceFlags ?? TraceFlags.NONE,
  };
  const attributes: Record<string, unknown> = {};
  let linked = links.length;
  const span = {
    spanContext: () => ids,
    setAttribute: (key: string, value: unknown) => void (attributes[key] = value),
    setAttributes: (more: Record<string, unknown>) => void Object.assign(attributes, more),
    setStatus: () => {},
    addLink: () => void linked++,
    end() {
      if (ids.traceFlags !== TraceFlags.SAMPLED) return;
      exported.push(`${name} ${attributes["error.type"]} below ${parent?.spanId} ${linked} links`);
    },
  };
  return span as unknown as Span;
}

trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as never });

const tracing = new OpenTelemetryTracing("memory", "link");
const event = readInput({
  event_type: "case.intake",
  data: { case_id: "c", citizen_bsn: "123456782", debt_amount: 5, debt_type: "huur" },
});

/** What is exported while this is done. */
async function exportedBy(act: () => unknown): Promise<string[]> {
  exported.length = made = 0;
  await act();
  return [...exported];
}

Deno.test("an append that fails has a span, although appends are not sampled; one that succeeds has none", async () => {
  const append = tracing.traceAppend("publish");
  assertEquals(await exportedBy(() => append([event], async () => {})), []);
  const failed = await exportedBy(() =>
    assertRejects(() => append([event], () => Promise.reject(new RangeError("of the data"))))
  );
  assertEquals(failed, [`publish events RangeError below ${"1".padStart(16, "0")} 0 links`]);
});

Deno.test("what is not sampled hands its events on as they are", async () => {
  await tracing.traceAppend("append")([event], (events) => Promise.resolve(assertEquals(events, [event])));
});

Deno.test("a pass that fails has a span, although it is not sampled; one that succeeds has none", async () => {
  const batch: Batch = { kind: "fresh", lines: new Uint8Array(), count: 0, from: 0, to: 0 };
  const pass = { processor: "intake", partition: 0, batch };
  assertEquals(await exportedBy(() => tracing.startPass(pass).end()), []);
  const failed = await exportedBy(() => {
    const span = tracing.startPass(pass);
    assertEquals(span.traceparent, undefined);
    span.fail(new TypeError("of the data"));
    span.end();
  });
  assertEquals(failed, [`process intake TypeError below ${"1".padStart(16, "0")} 0 links`]);
});
