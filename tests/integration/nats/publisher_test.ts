/** The brief's quick start on JetStream: a program that imports us, and stores events. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import {
  BackendUnavailable,
  caseIntake,
  EventIdConflict,
  NatsEventPublisher,
  PublishAnalysis,
  PublishCase,
  PublishDecision,
  VersionConflict,
} from "../../../backends/publishers.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const BRIEF = { case_id: "123", citizen_bsn: "987654321", debt_amount: 500.00, debt_type: "parkeerboete" };

natsTest("the brief's quick start stores its event on JetStream", async () => {
  const publisher = await NatsEventPublisher.create(server.url, { stream: "QUICK" });
  const { stored, version } = await publisher.publish(caseIntake(BRIEF));
  assertEquals({ stored, version }, { stored: 1, version: 1 });
  await publisher.close();
  await publisher.close();
  const reader = await openNats({ url: server.url, stream: "QUICK" });
  const [intake] = await Array.fromAsync(reader.readCase("123"));
  assertEquals(intake!.event.data, {
    organization: "onbekend",
    intake_channel: "online",
    priority: "normal",
    ...BRIEF,
  });
  await reader.close();
});

natsTest("the brief's three front doors publish to JetStream, on the version they name", async () => {
  const publisher = await NatsEventPublisher.create(server.url, { stream: "DOORS" });
  const analysis = {
    case_id: "123",
    risk_score: 75,
    success_probability: 0.65,
    recommended_action: "payment_plan",
    estimated_savings: 5200,
    analysis_confidence: 0.92,
  } as const;
  const decision = {
    case_id: "123",
    decision: "payment_plan",
    decided_by: "caseworker-7",
    reason: "Fits the budget",
    next_steps: [],
    rules: [{ id: "plan", version: "1", source: "Policy" }],
  } as const;
  await new PublishCase(publisher).publish(BRIEF, { expected: "none" });
  await new PublishAnalysis(publisher).publish(analysis);
  assertEquals((await new PublishDecision(publisher).publish(decision)).version, 3);
  const late = () => new PublishAnalysis(publisher).publish(analysis, { expected: { exact: 1 } });
  assertEquals((await assertRejects(late, VersionConflict)).actual, 3);
  await publisher.close();
});

natsTest(
  "an id that JetStream has with other content is refused, and the same event twice is one event",
  async () => {
    const publisher = await NatsEventPublisher.create(server.url, { stream: "TWICE" });
    const event = { ...caseIntake(BRIEF), event_id: crypto.randomUUID() };
    await publisher.publish(event);
    assertEquals((await publisher.publish(event)).duplicates, 1);
    const other = { ...event, data: { ...BRIEF, debt_amount: 501 } };
    await assertRejects(() => publisher.publish(other), EventIdConflict);
    await publisher.close();
  },
);

natsTest(
  "create rejects where nobody listens, and a later connection of the same publisher may succeed",
  async () => {
    await assertRejects(() => NatsEventPublisher.create("nats://127.0.0.1:1"), BackendUnavailable);
    const stopped = await startNats();
    await stopped.stop();
    const publisher = new NatsEventPublisher(stopped.url);
    await assertRejects(() => publisher.publish(caseIntake(BRIEF)), BackendUnavailable);
    await stopped.start();
    assertEquals((await publisher.publish(caseIntake(BRIEF))).stored, 1);
    await publisher.close();
    await stopped[Symbol.asyncDispose]();
  },
);
