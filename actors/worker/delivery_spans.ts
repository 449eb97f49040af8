/**
 * Spans of the deliveries of one processor in a batch or a pass, in the worker that handles them. Loaded only where the supervisor's thread makes
 * traces; Deno exports them from here too, and needs no permission of the worker for it.
 * @module
 */
import { context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  consumerAttributes,
  type Operation,
  operationAttributes,
  spanName,
} from "../../backends/tracing/messaging_attributes.ts";
import type { TraceMode } from "../../backends/tracing/tracing.ts";
import type { Delivery } from "../../schema/delivery_line.ts";
import {
  formatTraceparent,
  parseTraceparent,
  saysSampled,
  type SpanIds,
  type TraceContext,
} from "../../backends/tracing/trace_context.ts";
import type { BatchRequest } from "./protocol.ts";

/** A span costs some microseconds, about as much as a delivery: a batch of hundreds gets this many. */
const SPANS_PER_BATCH = 16;

const tracer = trace.getTracer("zaakstroom");

/** An event that is handed over, and the context that it brings. */
type TracedEvent = Pick<Delivery, "event">;

export interface DeliverySpansOptions {
  readonly store: string;
  readonly mode: TraceMode;
}

export class DeliverySpans {
  readonly #options: DeliverySpansOptions;
  readonly #request: Pick<BatchRequest, "processor" | "partition">;
  /** The span of the pass, made in the supervisor's thread, if it is sampled: most are not. */
  readonly #pass: SpanIds | undefined;
  /** The span of the pass is that of its one delivery. */
  readonly #isSingle: boolean;
  /** Those of a pass that are done: made known when it is known that it comes to something. */
  readonly #done: { readonly span: Span; readonly at: number }[] | undefined;
  #left = SPANS_PER_BATCH;
  #span: Span | undefined;

  /** `count`: of a batch, how many deliveries it has; left out for a pass. */
  constructor(
    options: DeliverySpansOptions,
    request: Pick<BatchRequest, "processor" | "partition" | "traceparent">,
    count?: number,
  ) {
    this.#options = options;
    this.#request = request;
    this.#pass = parseTraceparent(request.traceparent);
    this.#isSingle = count === 1;
    this.#done = count === undefined ? [] : undefined;
  }

  /** Whether there is anything to trace about the delivery. Of a hundred, mostly none is sampled. */
  concern({ event: { metadata: { traceparent } } }: TracedEvent): boolean {
    return this.#pass !== undefined || saysSampled(traceparent);
  }

  /** Runs the handler in the span of its delivery, so that spans and log lines of its own belong to it. */
  run<T>(delivery: TracedEvent, handle: () => T): T {
    this.#span = this.#isSingle ? undefined : this.#start(delivery);
    const ids = this.#span?.spanContext() ?? (this.#isSingle ? this.#pass : undefined);
    if (ids === undefined) return handle();
    return context.with(trace.setSpanContext(ROOT_CONTEXT, ids), handle);
  }

  /**
   * The span of a delivery whose event is sampled: in the trace of the pass and linked to the event, or, by `parent` and
   * where the pass is not sampled, the other way round.
   */
  #start({ event }: TracedEvent): Span | undefined {
    const { traceparent } = event.metadata;
    const origin = saysSampled(traceparent) && this.#left > 0 ? parseTraceparent(traceparent) : undefined;
    if (origin === undefined) return undefined;
    this.#left--;
    const inOrigin = this.#options.mode === "parent" || this.#pass === undefined;
    const [parent, other] = inOrigin ? [origin, this.#pass] : [this.#pass!, origin];
    const { processor, partition } = this.#request;
    const operation: Operation = { name: "process", type: "process", destination: processor };
    const subject = { eventId: event.event_id, caseId: event.correlation_id };
    const attributes = {
      ...operationAttributes(this.#options.store, operation, subject),
      ...consumerAttributes(processor, partition),
    };
    const links = other ? [{ context: { ...other, isRemote: true } }] : [];
    const options = { kind: SpanKind.CONSUMER, attributes, links };
    const within = trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
    return tracer.startSpan(spanName(operation), options, within);
  }

  /**
   * The context for what the current delivery makes: of its own span, else of its pass. What is not sampled hands on what
   * came with the event.
   */
  contextOf({ event: { metadata } }: TracedEvent): TraceContext {
    const passStands = this.#isSingle || this.#options.mode === "link";
    const ids = this.#span?.spanContext() ?? (passStands ? this.#pass : undefined);
    if (ids === undefined) return metadata;
    const traceparent = formatTraceparent(ids);
    const staysInTrace = parseTraceparent(metadata.traceparent)?.traceId === ids.traceId;
    return staysInTrace ? { traceparent, tracestate: metadata.tracestate } : { traceparent };
  }

  /** Ends the span of the current delivery, if it has one. */
  end(errorClass?: string): void {
    if (errorClass !== undefined) {
      this.#span?.setAttribute("error.type", errorClass);
      this.#span?.setStatus({ code: SpanStatusCode.ERROR, message: errorClass });
    }
    if (this.#span !== undefined && this.#done !== undefined) {
      this.#done.push({ span: this.#span, at: Date.now() });
    } else this.#span?.end();
    this.#span = undefined;
  }

  /** Makes those of a pass known. */
  flush(): void {
    for (const { span, at } of this.#done?.splice(0) ?? []) span.end(at);
  }
}
