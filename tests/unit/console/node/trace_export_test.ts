import { assertEquals } from "@std/assert";
import { asksForTraces } from "../../../../console/node/trace_export.ts";

const asks = (env: Readonly<Record<string, string>>) => asksForTraces((name) => env[name]);

Deno.test("a compiled program is asked for traces by the variables that Deno itself reads", () => {
  assertEquals(asks({}), false);
  assertEquals(asks({ OTEL_DENO: "true" }), true);
  assertEquals(asks({ OTEL_DENO: "TRUE" }), true);
  assertEquals(asks({ OTEL_DENO: "1" }), false);
  assertEquals(asks({ OTEL_DENO: "true", OTEL_DENO_TRACING: "false" }), false);
  assertEquals(asks({ OTEL_DENO_TRACING: "true" }), true);
  assertEquals(asks({ OTEL_DENO: "true", OTEL_SDK_DISABLED: "true" }), false);
});
