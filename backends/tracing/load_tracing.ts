/** Loads what makes spans, where they are exported. @module */
import type { Backend } from "../backend.ts";
import type { AppendName, TraceMode, Tracing } from "./tracing.ts";

/** Where the tracing API finds who exports for it: Deno itself, under OTEL_DENO, or a program's own SDK. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/** Whether spans are exported. Asks no permission, unlike a look at OTEL_DENO. */
function exportsTraces(): boolean {
  return (globalThis as { [REGISTRY]?: { trace?: unknown } })[REGISTRY]?.trace !== undefined;
}

/** Traces of work on this store; undefined where nobody exports them, and then nothing is loaded. */
export async function loadTracing(store: string, mode: TraceMode = "link"): Promise<Tracing | undefined> {
  if (!exportsTraces()) return undefined;
  const { OpenTelemetryTracing } = await import("./open_telemetry.ts");
  return new OpenTelemetryTracing(store, mode);
}

/** The backend, with traced appends where traces are exported. */
export async function withTracedAppends<B extends Pick<Backend, "append" | "name">>(
  backend: B,
  name: AppendName,
): Promise<B> {
  return (await loadTracing(backend.name))?.traceAppends(backend, name) ?? backend;
}
