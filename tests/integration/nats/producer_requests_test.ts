/** Producers ask the owners of partitions: who they are is what the subject says, and what they may send is judged there. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import type { Backend } from "../../../backends/backend.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { encodeAppend } from "../../../backends/nats/journal/append/append_request.ts";
import { pendingEventOf } from "../../../backends/nats/stream/message.ts";
import {
  BackendUnavailable,
  caseIntake,
  InvalidEvent,
  NatsEventPublisher,
  NotAllowed,
  VersionConflict,
} from "../../../backends/publishers.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { anEvent } from "../../support/events.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats, type TestNats } from "../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats({ syncAlways: false });
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

let stores = 0;

/** A store with a node that takes both partitions and their requests, and handles nothing. */
async function aStore() {
  const stream = `ASKED_${++stores}`;
  const node = await openNats({ url: server.url, stream, partitions: 2 });
  const stop = new AbortController();
  const taken = Promise.withResolvers<void>();
  const taking = takeBoth(node, stop.signal, taken.resolve);
  await taken.promise;
  return {
    node,
    stream,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await taking;
      await node.close();
    },
  };
}

async function takeBoth(node: Backend, signal: AbortSignal, onTaken: () => void): Promise<void> {
  const mailboxes = [];
  for await (const mailbox of node.mailboxes({ name: "p", version: 1, takes: [] }, signal)) {
    if (mailboxes.push(mailbox) === 2) onTaken();
  }
  for (const mailbox of mailboxes) await mailbox.close();
}

type Store = { readonly node: Backend; readonly stream: string };

const BRIEF = { citizen_bsn: "987654321", debt_amount: 500.00, debt_type: "parkeerboete" };
const payment = (case_id: string) => ({ event_type: "case.payment_received", data: { case_id, amount: 5 } });

async function sourcesIn({ node }: Store, caseId: string): Promise<(string | undefined)[]> {
  return (await Array.fromAsync(node.readCase(caseId))).map(({ event }) => event.metadata.source);
}

async function refusedNames({ node }: Store): Promise<string[]> {
  return (await node.audit("producers")).filter(({ act }) => act === "refused").map(({ by }) => by);
}

/** What an owner answers to a request on any subject. */
async function ask(
  subject: (partition: number) => string,
  event: WireEvent,
): Promise<Record<string, unknown>> {
  const connection = await connect({ servers: server.url });
  try {
    const pending = pendingEventOf(event, 2);
    const request = encodeAppend({ events: [pending], expected: "any" });
    return (await connection.request(subject(pending.partition), request, NATS_ANSWER)).json();
  } finally {
    await connection.close();
  }
}

natsTest(
  "a producer sends what was granted to its name, in its name, on the version it expects",
  async () => {
    await using store = await aStore();
    const { node, stream } = store;
    await using cak = closing(await NatsEventPublisher.create(server.url, { producer: "cak", stream }));
    const intakes = ["a", "b", "c", "d"].map((case_id) => caseIntake({ case_id, ...BRIEF }));
    assertEquals((await cak.publishAll(intakes)).stored, 4);
    assertEquals(await sourcesIn(store, "a"), ["cak"]);
    await assertRejects(() => cak.publish(intakes[0]!, { expected: "none" }), VersionConflict);
    const before = (await refusedNames(store)).length;
    await assertRejects(
      () => cak.publish(payment("a")),
      NotAllowed,
      "cak may not send case.payment_received",
    );
    await assertRejects(
      () => cak.publish({ event_type: "case.debt_forgiven", data: {} }),
      NotAllowed,
      "runtime alone",
    );
    assertEquals((await refusedNames(store)).slice(before), ["cak"]);
    await node.producers.change("cak", { allow: ["case.payment_received"] }, { by: "b.baas", why: "agreed" });
    const another = await NatsEventPublisher.create(server.url, { producer: "cak", stream });
    await using _ = closing(another);
    for (let stored = 0; stored === 0;) {
      stored = await another.publish(payment("a")).then((result) => result.stored, () => 0);
    }
    assertEquals(await sourcesIn(store, "a"), ["cak", "cak"]);
  },
);

natsTest("on the bare subject, and under a name of the runtime's own, a request is anyone's", async () => {
  await using store = await aStore();
  const { node, stream } = store;
  for (const name of [undefined, "system", "simulator", "anyone"]) {
    const subject = (partition: number) =>
      `${stream.toLowerCase()}-append.${partition}${name === undefined ? "" : `.${name}`}`;
    const before = (await refusedNames(store)).length;
    const caseId = `of-${name}`;
    assertEquals((await ask(subject, anEvent(caseId, 1))).kind, "stored");
    assertEquals((await ask(subject, anEvent(caseId, 2, "case.decision"))).kind, "notAllowed");
    assertEquals((await ask(subject, anEvent(caseId, 3, "case.withdrawn"))).kind, "stored");
    assertEquals(await sourcesIn(store, caseId), ["anyone", "anyone"]);
    const [, withdrawal] = await Array.fromAsync(node.readCase(caseId));
    assertEquals(withdrawal!.event.metadata.marks?.includes("to_be_confirmed"), true);
    assertEquals((await refusedNames(store)).slice(before), ["anyone"]);
  }
});

natsTest(
  "what a request forges is refused or dropped: types, ids and metadata of the runtime's, amounts that are none",
  async () => {
    await using store = await aStore();
    const { node, stream } = store;
    const subject = (partition: number) => `${stream.toLowerCase()}-append.${partition}.forger`;
    const intake = anEvent("forged", 1);
    const forged: Record<string, WireEvent> = {
      notAllowed: anEvent("forged", 2, "case.term_expired"),
      "notAllowed ": { ...intake, event_id: "019b76da-a800-8000-8000-000000000001" },
      notValid: { ...intake, data: { ...intake.data, debt_amount: -1 } },
    };
    for (const [kind, event] of Object.entries(forged)) {
      assertEquals((await ask(subject, event)).kind, kind.trim(), kind);
    }
    const moment = "2020-01-01T00:00:00.000Z";
    const metadata = { ...intake.metadata, source: "analysis@1", causation_id: intake.event_id, moment };
    await ask(subject, { ...intake, metadata });
    const [stored] = await Array.fromAsync(node.readCase("forged"));
    const { source, causation_id, ...rest } = stored!.event.metadata;
    assertEquals([source, causation_id, "moment" in rest], ["forger", undefined, false]);
  },
);

natsTest(
  "an event that is not valid never leaves its producer, and without a node that takes it it is unavailable",
  async () => {
    await using store = await aStore();
    const { stream } = store;
    await using cak = closing(await NatsEventPublisher.create(server.url, { producer: "cak", stream }));
    await assertRejects(
      () => cak.publish(caseIntake({ case_id: "x", ...BRIEF, debt_amount: -1 })),
      InvalidEvent,
    );
    await (await openNats({ url: server.url, stream: "IDLE" })).close();
    await using idle = closing(
      await NatsEventPublisher.create(server.url, { producer: "cak", stream: "IDLE" }),
    );
    await assertRejects(() => idle.publish(caseIntake({ case_id: "x", ...BRIEF })), BackendUnavailable);
  },
);

function closing(publisher: NatsEventPublisher): NatsEventPublisher & AsyncDisposable {
  return Object.assign(publisher, { [Symbol.asyncDispose]: () => publisher.close() });
}
