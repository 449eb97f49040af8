/** The read model of cases in KV: up to date for whoever lists, by latest change, and made anew when it is gone. @module */
import { listCases } from "../../../actors/case_list.ts";
import { assert, assertEquals } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import type { Backend } from "../../../backends/backend.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { anEvent } from "../../support/events.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats, type TestNats } from "../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

/** Asks the server itself. */
async function api(subject: string): Promise<{ state: { messages: number; last_seq: number } }> {
  const connection = await connect({ servers: server.url });
  const answer = await connection.request(`$JS.API.${subject}`, "", NATS_ANSWER);
  await connection.close();
  return answer.json();
}

natsTest(
  "cases are listed by latest change, also those that changed long after they were opened",
  async () => {
    const backend = await openNats({ url: server.url, stream: "LISTED" });
    const cases = Array.from({ length: 1_000 }, (_, i) => `case-${i}`);
    await backend.append(cases.map((caseId) => anEvent(caseId, 1)));
    await backend.append([anEvent("case-3", 2, "case.decision"), anEvent("case-1", 2, "case.analysis")]);
    const listed = await listCases(backend, { limit: 3 });
    assertEquals(listed.map(({ caseId }) => caseId), ["case-1", "case-3", "case-999"]);
    assertEquals([listed[0]!.version, listed[0]!.latest], [2, "case.analysis"]);
    const [first] = await Array.fromAsync(backend.readCase("case-1"));
    assertEquals(listed[0]!.openedAt, new Date(first!.recordedAt).toISOString());
    const decided = await listCases(backend, { latest: "case.decision" });
    assertEquals(decided.map(({ caseId }) => caseId), ["case-3"]);
    assertEquals((await listCases(backend, { limit: 2_000 })).length, 1_000);
    await backend.close();
  },
);

natsTest("several who project at once count every event once", async () => {
  const backends = await Promise.all([1, 2, 3].map(() => openNats({ url: server.url, stream: "ONCE" })));
  const [one] = backends;
  await one!.append(
    Array.from({ length: 1_500 }, (_, i) => anEvent(`case-${i % 300}`, 1 + Math.floor(i / 300))),
  );
  const lists = await Promise.all(backends.map((backend) => listCases(backend, { limit: 400 })));
  for (const list of lists) {
    assertEquals(list.length, 300);
    assert(list.every(({ version }) => version === 5));
  }
  const { state } = await api("STREAM.INFO.KV_ONCE_cases");
  assertEquals(state.messages, 301, "a key a case, and the checkpoint");
  await Promise.all(backends.map((backend) => backend.close()));
});

natsTest("a read model that was removed or emptied is made anew from the events", async () => {
  const backend = await openNats({ url: server.url, stream: "ANEW" });
  await backend.append([anEvent("a", 1), anEvent("b", 1), anEvent("a", 2, "case.decision")]);
  const before = await listCases(backend);
  assertEquals(before.map(({ caseId }) => caseId), ["a", "b"]);
  await api("STREAM.PURGE.KV_ANEW_cases");
  assertEquals(await listCases(backend), before);
  await api("STREAM.DELETE.KV_ANEW_cases");
  assertEquals(await listCases(backend), before);
  await backend.close();
});

/** Waits until the bucket of a stream holds so many messages, which nobody tells. */
async function untilHeld(stream: string, messages: number): Promise<void> {
  for (let held = -1; held !== messages;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    held = (await api(`STREAM.INFO.KV_${stream}_cases`)).state.messages;
  }
}

/** Lets a node have all mailboxes of a processor until it is closed. */
async function host(backend: Backend): Promise<void> {
  const spec = { name: "intake", version: 1, takes: ["case.intake"] };
  for await (const _ of backend.mailboxes(spec, new AbortController().signal));
}

const newCases = (name: string) => Array.from({ length: 10 }, (_, i) => anEvent(`${name}-${i}`, 1));

natsTest("a node keeps the read model near, also when it was emptied, and the next one goes on", async () => {
  const open = () => openNats({ url: server.url, stream: "NEAR", leaseMs: 1_000 });
  const first = await open();
  const hosted = host(first);
  await first.append(newCases("a"));
  await untilHeld("NEAR", 11);
  await first.append(newCases("b"));
  await untilHeld("NEAR", 21);
  await api("STREAM.PURGE.KV_NEAR_cases");
  await first.append(newCases("c"));
  await untilHeld("NEAR", 31);
  await first.close();
  const second = await open();
  const hostedToo = host(second);
  await second.append(newCases("d"));
  await untilHeld("NEAR", 41);
  await second.close();
  await Promise.all([hosted, hostedToo]);
});
