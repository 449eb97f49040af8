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
  SEVERAL,
  spanName,
  type Subject,
} from "./messaging_attributes.ts";
import type { AppendName, Pass, PassSpan, TraceAppend, TraceMode, Tracing } from "./tracing.ts";

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

  traceAppend(name: AppendName): TraceAppend {
    return async (events, append) => {
      const span = this.#startAppend(name, events, context.active());
      if (isSampled(span.spanContext())) {
        return await inSpan(span, () => append(withContext(events, span.spanContext())));
      }
      try {
        return await append(events);
      } catch (error) {
        const sampled = this.#startAppend(name, events, sampledBelow(span.spanContext()));
        failSpan(sampled, classOf(error));
        sampled.end();
        throw error;
      } finally {
        span.end();
      }
    };
  }

  traceAppends<B extends Pick<Backend, "append">>(backend: B, name: AppendName): B {
    const traceAppend = this.traceAppend(name);
    const traced: Pick<Backend, "append"> = {
      append: (events, expected, by) =>
        events.length === 0
          ? backend.append(events, expected, by)
          : traceAppend(events, (traced) => backend.append(traced, expected, by)),
    };
    return override(backend, traced as Partial<B>);
  }

  /** A child of what runs, such as the request to a server; linked to the contexts that the events bring. */
  #startAppend(name: AppendName, events: readonly WireEvent[], within: Context): Span {
    const operation: Operation = { name, type: "send", destination: LOG };
    const span = this.#tracer.startSpan(spanName(operation), { kind: SpanKind.PRODUCER }, within);
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
    const start = (parent: SpanIds | undefined) =>
      startProcess(this.#tracer, pass, parent ? remote(parent) : ROOT_CONTEXT);
    let parent = this.mode === "parent" ? origin : undefined;
    let span = start(parent);
    if (isSampled(origin) && !isSampled(span.spanContext())) span = start(parent = origin);
    if (isSampled(span.spanContext())) describePass(span, this.store, pass, parent === undefined);
    return new OpenTelemetryPass(this.#tracer, this.store, pass, span);
  }
}

function processOf({ processor = SEVERAL }: Pass): Operation {
  return { name: "process", type: "process", destination: processor };
}

function startProcess(tracer: Tracer, pass: Pass, within: Context): Span {
  return tracer.startSpan(spanName(processOf(pass)), { kind: SpanKind.CONSUMER }, within);
}

/** What a sampled span says of its pass; most are not sampled. */
function describePass(span: Span, store: string, pass: Pass, isLinked: boolean): void {
  const { processor, partition, batch } = pass;
  const lines = linesOf(batch);
  const subject = batch.count === 1 ? subjectOfLine(lines[0]!) : { count: batch.count };
  span.setAttributes({
    ...operationAttributes(store, processOf(pass), subject),
    ...consumerAttributes(processor, partition),
  });
  if (isLinked) link(span, lines.map(originOfLine));
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

  get traceparent(): string | undefined {
    const ids = this.span.spanContext();
    return isSampled(ids) ? formatTraceparent(ids) : undefined;
  }

  settle<T>(act: () => Promise<T>): Promise<T> {
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
    const within = sampledBelow(this.span.spanContext());
    const span = this.#startSettlement(name, { eventId, caseId }, { "zaakstroom.attempt": attempt }, within);
    link(span, [origin]);
    failSpan(span, outcome.error.class);
    span.end();
  }

  #startSettlement(name: string, subject: Subject, more: Attributes, within: Context): Span {
    const { processor, partition } = this.pass;
    const operation: Operation = { name, type: "settle", destination: processor ?? SEVERAL };
    const attributes = {
      ...operationAttributes(this.store, operation, subject),
      ...consumerAttributes(processor, partition),
      ...more,
    };
    return this.tracer.startSpan(spanName(operation), { kind: SpanKind.CLIENT, attributes }, within);
  }

  fail(error: unknown): void {
    if (isSampled(this.span.spanContext())) return failSpan(this.span, classOf(error));
    const span = startProcess(this.tracer, this.pass, sampledBelow(this.span.spanContext()));
    describePass(span, this.store, this.pass, true);
    failSpan(span, classOf(error));
    span.end();
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

/** Where what must be seen is made, although the span above it is not sampled: a sampler that asks parents says yes there. */
function sampledBelow(ids: SpanIds): Context {
  return remote({ ...ids, traceFlags: TraceFlags.SAMPLED });
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
