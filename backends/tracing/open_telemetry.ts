/**
 * Spans by the API of OpenTelemetry, which Deno exports under OTEL_DENO. Loaded only where somebody exports them; see
 * `load_tracing.ts`.
 * @module
 */
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";
import type { WireEvent } from "../../schema/events.ts";
import {
  formatTraceparent,
  isSampled,
  originOfLine,
  parseTraceparent,
  type SpanIds,
} from "./trace_context.ts";
import type { Backend } from "../backend.ts";
import { linesOf, positionOf } from "../mailbox/batch.ts";
import type { FailedDelivery } from "../mailbox/mailbox.ts";
import { override } from "../primitives/override.ts";
import {
  consumerAttributes,
  type Operation,
  operationAttributes,
  spanName,
  type Subject,
} from "./messaging_attributes.ts";
import type { Pass, PassSpan, TraceMode, Tracing } from "./tracing.ts";

/** The limit of most exporters; what is linked beyond it would be dropped by them. */
const LINKS_PER_SPAN = 128;

/** The log of cases, as the destination of appends. */
const LOG = "events";

export class OpenTelemetryTracing implements Tracing {
  readonly mode: TraceMode;
  readonly store: string;
  readonly #tracer: Tracer = trace.getTracer("zaakstroom");

  constructor(store: string, mode: TraceMode) {
    this.store = store;
    this.mode = mode;
  }

  traceAppends(backend: Backend): Backend {
    return override(backend, {
      append: (events, expected) => {
        if (events.length === 0) return backend.append(events, expected);
        const span = this.#startAppend(events);
        return inSpan(span, () => backend.append(withContext(events, span.spanContext()), expected));
      },
    });
  }

  /** A child of what runs, such as the request to a server; linked to the contexts that the events bring. */
  #startAppend(events: readonly WireEvent[]): Span {
    const operation: Operation = { name: "append", type: "send", destination: LOG };
    const span = this.#tracer.startSpan(spanName(operation), { kind: SpanKind.PRODUCER }, context.active());
    if (!isSampled(span.spanContext())) return span;
    const [first] = events as [WireEvent, ...WireEvent[]];
    const subject = events.length > 1
      ? { count: events.length }
      : { eventId: first.event_id, caseId: first.correlation_id };
    span.setAttributes(operationAttributes(this.store, operation, subject));
    link(span, events.map(({ metadata }) => parseTraceparent(metadata.traceparent)));
    return span;
  }

  /** A pass of one delivery whose event is sampled is sampled too, in the trace of the event if need be. */
  startPass(pass: Pass): PassSpan {
    const lines = pass.batch.count === 1 ? linesOf(pass.batch) : [];
    const origin = lines.length === 1 ? originOfLine(lines[0]!) : undefined;
    const operation: Operation = { name: "process", type: "process", destination: pass.processor };
    const start = (parent: SpanIds | undefined) =>
      this.#tracer.startSpan(
        spanName(operation),
        { kind: SpanKind.CONSUMER },
        parent ? remote(parent) : ROOT_CONTEXT,
      );
    let parent = this.mode === "parent" ? origin : undefined;
    let span = start(parent);
    if (isSampled(origin) && !isSampled(span.spanContext())) span = start(parent = origin);
    if (isSampled(span.spanContext())) {
      span.setAttributes(this.#attributesOf(pass, operation, lines[0]));
      if (parent === undefined) link(span, linesOf(pass.batch).map(originOfLine));
    }
    return new OpenTelemetryPass(this.#tracer, this.store, pass, span);
  }

  /** Made for a sampled span only: most are not. `line`: the only delivery. */
  #attributesOf({ processor, partition, batch }: Pass, operation: Operation, line: string | undefined) {
    const subject = line === undefined ? { count: batch.count } : subjectOfLine(line);
    return {
      ...operationAttributes(this.store, operation, subject),
      ...consumerAttributes(processor, partition),
    };
  }
}

class OpenTelemetryPass implements PassSpan {
  constructor(
    readonly tracer: Tracer,
    readonly store: string,
    readonly pass: Pass,
    readonly span: Span,
  ) {}

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  get traceparent(): string {
    return formatTraceparent(this.span.spanContext());
  }

  settle(act: () => Promise<void>): Promise<void> {
    if (!isSampled(this.span.spanContext())) return act();
    const within = trace.setSpan(ROOT_CONTEXT, this.span);
    return inSpan(this.#startSettlement("settle", { count: this.pass.batch.count }, {}, within), act);
  }

  recordFailures(failures: readonly FailedDelivery[]): void {
    const failed = failures.filter(({ outcome }) => outcome.kind !== "held");
    if (failed.length === 0) return;
    const origins = new Map(linesOf(this.pass.batch).map((line) => [positionOf(line), originOfLine(line)]));
    for (const failure of failed) this.#recordFailure(failure, origins.get(failure.position));
  }

  #recordFailure({ outcome, eventId, caseId, attempt }: FailedDelivery, origin: SpanIds | undefined): void {
    if (outcome.kind === "held") return;
    const name = outcome.kind === "retry" ? "retry" : "dead_letter";
    const within = remote({ ...this.span.spanContext(), traceFlags: TraceFlags.SAMPLED });
    const span = this.#startSettlement(name, { eventId, caseId }, { "zaakstroom.attempt": attempt }, within);
    link(span, [origin]);
    failSpan(span, outcome.error.class);
    span.end();
  }

  #startSettlement(name: string, subject: Subject, more: Attributes, within: Context): Span {
    const { processor, partition } = this.pass;
    const operation: Operation = { name, type: "settle", destination: processor };
    const attributes = {
      ...operationAttributes(this.store, operation, subject),
      ...consumerAttributes(processor, partition),
      ...more,
    };
    return this.tracer.startSpan(spanName(operation), { kind: SpanKind.CLIENT, attributes }, within);
  }

  fail(error: unknown): void {
    failSpan(this.span, classOf(error));
  }

  end(): void {
    this.span.end();
  }
}

/** Runs in the span, which is the parent of what is made meanwhile, and ends it. */
async function inSpan<T>(span: Span, act: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(context.active(), span), act);
  } catch (error) {
    failSpan(span, classOf(error));
    throw error;
  } finally {
    span.end();
  }
}

function failSpan(span: Span, errorClass: string): void {
  span.setAttribute("error.type", errorClass);
  span.setStatus({ code: SpanStatusCode.ERROR, message: errorClass });
}

function classOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}

/** Links to what is sampled; a link to what nobody kept leads nowhere. Each span is linked once. */
function link(span: Span, origins: readonly (SpanIds | undefined)[]): void {
  if (!isSampled(span.spanContext())) return;
  const sampled = new Map(
    origins.flatMap((ids) => ids && isSampled(ids) ? [[ids.spanId, ids] as const] : []),
  );
  for (const ids of [...sampled.values()].slice(0, LINKS_PER_SPAN)) span.addLink({ context: remoteIds(ids) });
}

function remoteIds(ids: SpanIds): SpanContext {
  return { ...ids, isRemote: true };
}

function remote(ids: SpanIds): Context {
  return trace.setSpanContext(ROOT_CONTEXT, remoteIds(ids));
}

/** The events, with the context of the span in which they are made. What is not sampled leaves none. */
function withContext(events: readonly WireEvent[], span: SpanContext): readonly WireEvent[] {
  if (!isSampled(span)) return events;
  const traceparent = formatTraceparent(span);
  return events.map((event) =>
    event.metadata.traceparent === undefined
      ? { ...event, metadata: { ...event.metadata, traceparent } }
      : event
  );
}

function subjectOfLine(line: string): Subject {
  const fields = line.split("\t", 8);
  return { eventId: fields[5] ?? "", caseId: fields[7] ?? "" };
}
