import { assertEquals, assertRejects } from "@std/assert";
import { HTTP } from "cloudevents";
import type { HttpEndpoint } from "../../../../backends/relay/http_post.ts";
import { HttpTarget } from "../../../../backends/relay/http_target.ts";
import { type OutgoingEvent, TargetStopped, TargetUnavailable } from "../../../../backends/relay/target.ts";
import { signatureHeaders } from "../../../../backends/relay/webhook_signature.ts";
import { toCloudEvent } from "../../../../schema/cloudevents/cloud_event.ts";
import { defaultNames } from "../../../../schema/cloudevents/event_names.ts";
import { anEvent } from "../../../support/events.ts";

type Answer = (ids: readonly string[]) => Response;

/** An endpoint that answers as it is told, and keeps what it took. The library of CloudEvents reads every request. */
class Endpoint implements AsyncDisposable {
  readonly taken: string[] = [];
  readonly requests: { readonly headers: Headers; readonly body: string }[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer: Answer = () => new Response(null, { status: 204 })) {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const body = await request.text();
      this.requests.push({ headers: request.headers, body });
      const events = HTTP.toEvent({ headers: Object.fromEntries(request.headers), body });
      const subjects = [events].flat().map(({ subject }) => String(subject));
      const response = answer(subjects);
      if (response.ok) this.taken.push(...subjects);
      return response;
    });
  }

  target(options: Partial<HttpEndpoint> = {}): HttpTarget {
    return new HttpTarget({ url: `http://127.0.0.1:${this.#server.addr.port}/`, mode: "batch", ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function outgoing(...cases: string[]): OutgoingEvent[] {
  return cases.map((caseId, i) => {
    const stored = { position: i + 1, version: 1, recordedAt: 0, event: anEvent(caseId, i) };
    return { stored, shown: toCloudEvent(stored, stored.event.data, defaultNames), place: [i + 1] };
  });
}

const reasons = (refused: readonly { event: OutgoingEvent; reason: string }[]) =>
  refused.map(({ event, reason }) => `${event.stored.position} ${reason}`);

Deno.test("events arrive as the library of CloudEvents reads them, one a request or many", async () => {
  await using endpoint = new Endpoint();
  await endpoint.target().send(outgoing("a", "b", "a"));
  await endpoint.target({ mode: "structured" }).send(outgoing("c", "c"));
  assertEquals([endpoint.taken, endpoint.requests.length], [["a", "b", "a", "c", "c"], 3]);
});

Deno.test("the one that is refused is found in its batch, and what is behind it in its case waits", async () => {
  await using endpoint = new Endpoint((subjects) =>
    new Response(null, { status: subjects.includes("bad") ? 422 : 200 })
  );
  const events = outgoing("a", "bad", "b", "bad", "c");
  const expected = ["2 the endpoint answers 422", "4 waits behind another one of its case"];
  assertEquals(reasons((await endpoint.target().send(events)).refused), expected);
  assertEquals(endpoint.taken, ["a", "b", "c"]);
  assertEquals(reasons((await endpoint.target({ mode: "structured" }).send(events)).refused), expected);
});

Deno.test("an endpoint that is busy, away or unknown is tried again, when it says so; 410 stops", async () => {
  for (const status of [302, 401, 404, 429, 503]) {
    await using endpoint = new Endpoint(() =>
      new Response(null, { status, headers: { "retry-after": "7" } })
    );
    const error = await assertRejects(() => endpoint.target().send(outgoing("a")), TargetUnavailable);
    assertEquals(error.retryAfterMs, 7_000);
  }
  await using gone = new Endpoint(() => new Response(null, { status: 410 }));
  await assertRejects(() => gone.target().send(outgoing("a")), TargetStopped);
  const unreachable = new HttpTarget({ url: "http://127.0.0.1:1/", mode: "batch" });
  await assertRejects(() => unreachable.send(outgoing("a")), TargetUnavailable);
});

Deno.test("a request is signed over its id, time and body", async () => {
  await using endpoint = new Endpoint();
  const key = new TextEncoder().encode("0123456789abcdef");
  await endpoint.target({ key, headers: { authorization: "Bearer token" } }).send(outgoing("a"));
  const [{ headers, body }] = endpoint.requests as [Endpoint["requests"][number]];
  const [id, time] = [headers.get("webhook-id")!, Number(headers.get("webhook-timestamp"))];
  assertEquals(headers.get("webhook-signature"), signatureHeaders(key, id, time, body)["webhook-signature"]);
  assertEquals([id, headers.get("authorization")], [anEvent("a", 0).event_id, "Bearer token"]);
});
