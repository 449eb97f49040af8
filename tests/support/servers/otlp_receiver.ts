/** A receiver of OTLP over HTTP as JSON, which keeps the spans it is sent. @module */

/** A span as the protocol has it, with its attributes as an object. */
export interface ReceivedSpan {
  readonly name: string;
  /** As the API counts: 3 is a producer, 4 a consumer. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 2 is an error. */
  readonly status: { readonly code: number; readonly message: string };
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

type OtlpSpan = Omit<ReceivedSpan, "attributes"> & { readonly attributes: readonly OtlpAttribute[] };

interface OtlpTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly OtlpScopeSpans[] }[];
}

interface OtlpScopeSpans {
  readonly scope: { readonly name: string };
  readonly spans: readonly OtlpSpan[];
}

export class OtlpReceiver implements AsyncDisposable {
  /** Spans of ours; Deno's own, of HTTP requests, are left out. */
  readonly spans: ReceivedSpan[] = [];
  /** Everything that was sent about traces, as text. */
  text = "";
  /** Where to: every request, of traces, metrics and logs. */
  readonly paths: string[] = [];
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => this.#receive(request),
  );

  /** What makes a program send its traces here. */
  env(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      ...more,
    };
  }

  async #receive(request: Request): Promise<Response> {
    const body = await request.text();
    const { pathname } = new URL(request.url);
    this.paths.push(pathname);
    if (pathname === "/v1/traces") {
      this.text += body;
      const { resourceSpans } = JSON.parse(body) as OtlpTraces;
      const ours = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)
        .filter(({ scope }) => scope.name === "zaakstroom");
      for (const span of ours.flatMap(({ spans }) => spans)) this.spans.push(received(span));
    }
    return Response.json({});
  }

  named(name: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

function received(span: OtlpSpan): ReceivedSpan {
  // Each value is an object with one field, which names its type.
  const attributes = span.attributes.map(({ key, value }) => [key, Object.values(value)[0]] as const);
  return { ...span, kind: span.kind - 1, attributes: Object.fromEntries(attributes) };
}
