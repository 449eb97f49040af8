import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  formatTraceparent,
  isSampled,
  originOfLine,
  parseTraceparent,
  saysSampled,
} from "../../../../backends/tracing/trace_context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${spanId}-01`;

Deno.test("a traceparent names a trace, a span and whether they are kept", () => {
  assertEquals(parseTraceparent(traceparent), { traceId, spanId, traceFlags: 1 });
  assertEquals(isSampled(parseTraceparent(traceparent)), true);
  assertEquals(isSampled(parseTraceparent(`00-${traceId}-${spanId}-00`)), false);
  assertEquals(isSampled(undefined), false);
  for (let flags = 0; flags < 256; flags++) {
    const text = formatTraceparent({ traceId, spanId, traceFlags: flags });
    assertEquals(saysSampled(text), isSampled(parseTraceparent(text)));
  }
  assertEquals([undefined, "", "x"].map(saysSampled), [false, false, false]);
});

Deno.test("what is no traceparent of version 00 is none", () => {
  const zeros = (n: number) => "0".repeat(n);
  const others = [
    "",
    "x",
    "00-1-2-01",
    `01-${traceId}-${spanId}-01`,
    `00-${zeros(32)}-${spanId}-01`,
    `00-${traceId}-${zeros(16)}-01`,
    `${traceparent}-more`,
    traceparent.toUpperCase(),
  ];
  for (const other of [undefined, ...others]) assertEquals(parseTraceparent(other), undefined);
});

Deno.test("a traceparent is written as it was read", () => {
  const hex = (digits: number) =>
    fc.bigInt(1n, 16n ** BigInt(digits) - 1n).map((n) => n.toString(16).padStart(digits, "0"));
  fc.assert(fc.property(hex(32), hex(16), fc.integer({ min: 0, max: 255 }), (traceId, spanId, traceFlags) => {
    const ids = { traceId, spanId, traceFlags };
    assertEquals(parseTraceparent(formatTraceparent(ids)), ids);
  }));
});

Deno.test("the origin of a delivery stands in its metadata, and nowhere else", () => {
  const line = (data: string, metadata: string) => `7\t1\t1\t0\t0\tid\ttype\tcase\t0\t${data}\t${metadata}`;
  const carried = `{"schema_version":1,"traceparent":"${traceparent}"}`;
  assertEquals(originOfLine(line(`{"text":"€"}`, carried))?.spanId, spanId);
  assertEquals(originOfLine(line(carried, `{"schema_version":1}`)), undefined);
  assertEquals(originOfLine(line("{}", `{"traceparent":"x"}`)), undefined);
});
