/**
 * Whether a compiled program exports its traces. Deno fixes that when it compiles, where the programs that it runs from
 * source ask OTEL_DENO at their start; so ours are compiled to export, and ask here. Imports nothing: it is loaded before
 * all else.
 * @module
 */

/** What a program is compiled under. Metrics are scraped, and lines of the log are printed: neither is exported. */
export const compiledTelemetry: Readonly<Record<string, string>> = {
  OTEL_DENO: "true",
  OTEL_DENO_TRACING: "true",
  OTEL_DENO_METRICS: "false",
  OTEL_DENO_CONSOLE: "ignore",
  OTEL_SDK_DISABLED: "false",
};

/** Given to a node that exports nothing: Deno makes spans of its HTTP requests by itself, and drops them by these. */
const SILENT: Readonly<Record<string, string>> = {
  OTEL_TRACES_SAMPLER: "always_off",
  // No older Deno asks the sampler; what it exports goes nowhere.
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:0",
};

/** Where Deno's exporter and the tracing API meet. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

type ReadVariable = (name: string) => string | undefined;

/** Whether the environment asks for traces, by the rules of Deno. */
export function asksForTraces(read: ReadVariable): boolean {
  const value = (name: string) => read(name)?.toLowerCase();
  if (value("OTEL_SDK_DISABLED") === "true") return false;
  return (value("OTEL_DENO_TRACING") ?? value("OTEL_DENO")) === "true";
}

/** Makes a compiled program that is not asked for traces one that has no exporter. */
export function switchTraceExport(read: ReadVariable = Deno.env.get): void {
  if (!Deno.build.standalone || asksForTraces(read)) return;
  const registry = (globalThis as { [REGISTRY]?: { trace?: unknown } })[REGISTRY];
  if (registry !== undefined) delete registry.trace;
}

/** What the node of a compiled program gets in its environment. */
export function traceExportOfNode(read: ReadVariable = Deno.env.get): Readonly<Record<string, string>> {
  return Deno.build.standalone && !asksForTraces(read) ? SILENT : {};
}
