/** The ingest subject: plain JSON of any producer becomes an event of the log once, or waits for a person. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect, headers } from "@nats-io/transport-deno";
import type { Backend } from "../../../backends/backend.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import type { NatsOptions } from "../../../backends/nats/setup/options.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats, type TestNats } from "../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const INTAKE = { case_id: "a", citizen_bsn: "999990019", debt_amount: 12.5, debt_type: "huur" };
const WITHDRAWN = { event_type: "case.withdrawn", data: { case_id: "a", reason: "solved" } };

/** A store, a producer that knows nothing of it but a subject, and nodes to take in what it sends. */
class IngestClient implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #nodes: [Backend, Promise<void>][] = [];

  private constructor(readonly stream: string, readonly backend: Backend) {}

  static async open(stream: string): Promise<IngestClient> {
    return new IngestClient(stream, await openNats({ url: server.url, stream }));
  }

  /** Sends as `nats pub` with an acknowledgement would. */
  async send(...payloads: (string | Uint8Array | object)[]): Promise<void> {
    const producer = await connect({ servers: server.url });
    for (const payload of payloads) {
      const isSent = typeof payload === "string" || payload instanceof Uint8Array;
      const text = isSent ? payload : JSON.stringify(payload);
      const ack = await producer.request(`${this.stream.toLowerCase()}.ingest`, text, NATS_ANSWER);
      assert(ack.json<{ seq: number }>().seq > 0);
    }
    await producer.close();
  }

  /** A node that takes no mailbox of anybody, but does what a node does beside them. */
  async node(): Promise<void> {
    const backend = await openNats({ url: server.url, stream: this.stream });
    const processor = { name: "nobody", version: 1, takes: ["case.completed"] };
    const running = (async () => {
      for await (const mailbox of backend.mailboxes(processor, this.#stop.signal)) await mailbox.close();
    })();
    this.#nodes.push([backend, running]);
  }

  /** The log, once it has so many events. */
  async log(count: number): Promise<string[]> {
    for (;;) {
      const stored = await Array.fromAsync(this.backend.readAll());
      if (stored.length >= count) {
        return stored.map(({ event }) => `${event.correlation_id} ${event.event_type}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Nothing is left at the door. */
  async empty(): Promise<void> {
    const watcher = await connect({ servers: server.url });
    const info = JSON.stringify({ subjects_filter: `${this.stream.toLowerCase()}.ingest` });
    for (;;) {
      const answer = await watcher.request(`$JS.API.STREAM.INFO.${this.stream}_ingest`, info, NATS_ANSWER);
      if (answer.json<{ state: { subjects?: unknown } }>().state.subjects === undefined) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await watcher.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const [backend, running] of this.#nodes) {
      await running;
      await backend.close();
    }
    await this.backend.close();
  }
}

natsTest("what was sent before a node ran is taken in, each case in its order, and taken away", async () => {
  await using ingest = await IngestClient.open("BEFORE");
  await ingest.send(INTAKE, WITHDRAWN, { ...INTAKE, case_id: "b" });
  await ingest.node();
  const log = await ingest.log(3);
  // Partitions are written at once: between cases no order is promised.
  assertEquals(log.filter((line) => line.startsWith("a ")), ["a case.intake", "a case.withdrawn"]);
  assertEquals(log.filter((line) => line.startsWith("b ")), ["b case.intake"]);
  await ingest.empty();
  const [first] = await Array.fromAsync(ingest.backend.readCase("a"));
  assertEquals([first!.event.metadata.source, first!.event.data.priority], ["anyone", "normal"]);
});

natsTest(
  "a batch and a CloudEvent with headers are taken in; what is refused of them is kept as one text",
  async () => {
    await using ingest = await IngestClient.open("CLOUDEVENTS");
    const event = { specversion: "1.0", id: "1", source: "/cak", type: "case.intake", data: INTAKE };
    await ingest.send([event, { ...event, id: "2", data: { ...INTAKE, case_id: "b" } }], [event, {
      ...event,
      id: "",
    }]);
    const producer = await connect({ servers: server.url });
    const binary = headers();
    const attributes = { specversion: "1.0", id: "3", source: "/cak", type: "case.withdrawn", subject: "a" };
    for (const [name, value] of Object.entries(attributes)) binary.set(`ce-${name}`, value);
    binary.set("Content-Type", "application/json");
    for (const payload of ['{"reason":"solved"}', '{"reason":1}']) {
      await producer.request("cloudevents.ingest", payload, { ...NATS_ANSWER, headers: binary });
    }
    await producer.close();
    await ingest.node();
    const log = await ingest.log(3);
    assertEquals(log.filter((line) => line.startsWith("a ")), ["a case.intake", "a case.withdrawn"]);
    assertEquals(log.filter((line) => line.startsWith("b ")), ["b case.intake"]);
    await ingest.empty();
    const refused = await ingest.backend.inbox!.list();
    assertEquals(refused.map(({ reason }) => reason), [
      "id: must be a text that is not empty",
      "data.reason: Invalid input: expected string, received number",
    ]);
    const { data, subject } = JSON.parse(refused[1]!.text);
    assertEquals([data, subject], [{ reason: 1 }, "a"]);
  },
);

natsTest("three nodes at one door store each event once and keep the order of a case", async () => {
  await using ingest = await IngestClient.open("THREE");
  for (let node = 0; node < 3; node++) await ingest.node();
  const cases = Array.from({ length: 20 }, (_, i) => ({ ...INTAKE, case_id: `c${i}` }));
  await Promise.all([0, 1, 2, 3].map((part) => ingest.send(...cases.slice(5 * part, 5 * part + 5))));
  await ingest.send(...cases.map(({ case_id }) => ({ ...WITHDRAWN, data: { case_id, reason: "solved" } })));
  const log = await ingest.log(40);
  await ingest.empty();
  assertEquals((await ingest.log(40)).length, 40);
  for (const { case_id } of cases) {
    const own = log.filter((line) => line.startsWith(`${case_id} `));
    assertEquals(own, [`${case_id} case.intake`, `${case_id} case.withdrawn`]);
  }
});

natsTest("an event that was taken in and not taken away, as by a crash, is stored once", async () => {
  await using ingest = await IngestClient.open("CRASHED");
  await ingest.send(INTAKE);
  await ingest.node();
  const [stored] = (await ingest.log(1), await Array.fromAsync(ingest.backend.readAll()));
  await ingest.empty();
  // The same event by its id, as the next node finds it at the door.
  await ingest.send({ ...INTAKE_ENVELOPE, event_id: stored!.event.event_id });
  await ingest.empty();
  assertEquals((await ingest.log(1)).length, 1);
  assertEquals(await ingest.backend.inbox!.count(), 0);
});

const INTAKE_ENVELOPE = { event_type: "case.intake", data: INTAKE };

natsTest(
  "what can't be taken in waits for a person with its reason, holds nothing up, and can be tried again",
  async () => {
    await using ingest = await IngestClient.open("REFUSED");
    const event_id = crypto.randomUUID();
    const good = { ...INTAKE_ENVELOPE, event_id };
    const clash = { ...good, data: { ...INTAKE, debt_amount: 99 } };
    await ingest.send("not json", { event_type: "case.moved", data: {} }, good, clash, WITHDRAWN);
    await ingest.node();
    assertEquals(await ingest.log(2), ["a case.intake", "a case.withdrawn"]);
    await ingest.empty();
    const refused = await ingest.backend.inbox!.list();
    assertEquals(refused.map(({ text }) => text.slice(0, 8)), ["not json", '{"event_', '{"event_']);
    assertMatch(refused[0]!.reason, /not a JSON value/);
    assertMatch(refused[1]!.reason, /event_type: must be one of/);
    assertMatch(refused[2]!.reason, /stored already, with other content/);
    assertEquals((await ingest.backend.health()).rejected, 3);
    const act = { by: "Caseworker 7", why: "a typing error" };
    assertEquals(await ingest.backend.inbox!.discard(refused[0]!.id, act), true);
    assertEquals(await ingest.backend.inbox!.discard(refused[0]!.id, act), false);
    assertEquals(await ingest.backend.inbox!.retry(refused[1]!.id, act), true);
    await ingest.empty();
    assertEquals((await ingest.backend.inbox!.list()).length, 2);
    assertEquals((await ingest.backend.audit("inbox")).map(({ act }) => act), [
      "inbox_discard",
      "inbox_retry",
    ]);
  },
);

natsTest("bytes that are not UTF-8 are refused, and kept as they are", async () => {
  await using ingest = await IngestClient.open("LATIN");
  const latin1 = Uint8Array.from(
    [...JSON.stringify({ ...INTAKE, name: "Café" })].map((c) => c.charCodeAt(0)),
  );
  await ingest.send(latin1, INTAKE);
  await ingest.node();
  assertEquals(await ingest.log(1), ["a case.intake"]);
  await ingest.empty();
  const { inbox } = ingest.backend;
  const [refused] = await inbox!.list();
  assertEquals(refused!.reason, "not UTF-8 text");
  await inbox!.retry(refused!.id, { by: "Caseworker 7", why: "to see the same bytes again" });
  await ingest.empty();
  assertEquals((await inbox!.list()).map(({ reason }) => reason), ["not UTF-8 text"]);
});

natsTest("a message is kept whole, or refused to its sender, whatever its size", async () => {
  await using ingest = await IngestClient.open("LARGE");
  await ingest.node();
  const sized = (bytes: number, more: object) => {
    const event = JSON.stringify({ ...INTAKE, ...more, note: "" });
    return event.replace('"note":""', `"note":"${"x".repeat(bytes - event.length)}"`);
  };
  const producer = await connect({ servers: server.url });
  const sendSized = async (bytes: number, more: object) => {
    const answer = await producer.request("large.ingest", sized(bytes, more), NATS_ANSWER);
    return answer.json<{ seq?: number; error?: { description: string } }>();
  };
  const refusal = await sendSized(1_048_500, {});
  assertMatch(refusal.error!.description, /message size exceeds maximum/);
  const largest = 1_048_576 - 4_096;
  assert((await sendSized(largest, { citizen_bsn: "12345678" })).seq! > 0);
  await producer.close();
  await ingest.empty();
  const [refused] = await ingest.backend.inbox!.list();
  assertMatch(refused!.reason, /nine digits/);
  assertEquals(refused!.text, sized(largest, { citizen_bsn: "12345678" }));
  await ingest.send(sized(largest, {}));
  await ingest.empty();
  assertEquals((await ingest.log(1)).length + await ingest.backend.inbox!.count(), 2);
});

natsTest("a message with a reason of its own is not taken for one that was refused", async () => {
  await using ingest = await IngestClient.open("FORGED");
  const producer = await connect({ servers: server.url });
  const set = headers();
  set.set("Zaakstroom-Reason", "none");
  await producer.request("forged.ingest", JSON.stringify(INTAKE), { headers: set, ...NATS_ANSWER });
  await producer.close();
  await ingest.node();
  assertEquals(await ingest.log(1), ["a case.intake"]);
  assertEquals(await ingest.backend.inbox!.count(), 0);
});

natsTest(
  "a full ingest subject refuses to its sender, and takes more once a node has made room",
  async () => {
    await using ingest = await IngestClient.open("FULL");
    const producer = await connect({ servers: server.url });
    const api = async (subject: string, body: object = {}) =>
      (await producer.request(`$JS.API.STREAM.${subject}.FULL_ingest`, JSON.stringify(body), NATS_ANSWER))
        .json<
          { config: Record<string, unknown> }
        >();
    const { config } = await api("INFO");
    assertEquals(config.max_bytes, 256 * 1_048_576);
    await api("UPDATE", { ...config, max_bytes: 2_000 });
    const send = async (case_id: string) => {
      const answer = await producer.request(
        "full.ingest",
        JSON.stringify({ ...INTAKE, case_id }),
        NATS_ANSWER,
      );
      return answer.json<{ error?: { description: string } }>().error?.description;
    };
    let sent = 0;
    let refusal: string | undefined;
    while (refusal === undefined) refusal = await send(`f${sent++}`);
    assertEquals(refusal, "maximum bytes exceeded");
    await ingest.node();
    assertEquals((await ingest.log(sent - 1)).length, sent - 1);
    await ingest.empty();
    assertEquals(await send("late"), undefined);
    assertEquals((await ingest.log(sent)).at(-1), "late case.intake");
    // An operator's bound is left as it is.
    const drift: string[] = [];
    const onDrift: NatsOptions["onDrift"] = (found) => drift.push(...found.map(({ stream }) => stream));
    await (await openNats({ url: server.url, stream: "FULL", onDrift })).close();
    assertEquals(drift, []);
    await producer.close();
  },
);

natsTest("a store on a server with little room bounds its ingest subject by less", async () => {
  await using small = await startNats({ jetStreamConfig: "max_file_store: 20MB" });
  await (await openNats({ url: small.url })).close();
  const watcher = await connect({ servers: small.url });
  const answer = await watcher.request("$JS.API.STREAM.INFO.CASES_ingest", "", NATS_ANSWER);
  assertEquals(answer.json<{ config: { max_bytes: number } }>().config.max_bytes, 16 * 1_048_576);
  await watcher.close();
});
