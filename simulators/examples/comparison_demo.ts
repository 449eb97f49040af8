/**
 * Takes the same case through both backends: the history is the same, the times differ.
 *
 *     deno run -A simulators/examples/comparison_demo.ts [--postgres-url postgres://…] [--nats-url nats://…]
 *
 * For figures there is `simulators/comparison.ts`, which measures many cases in turns.
 * @module
 */
// deno-lint-ignore-file no-console -- it prints what it does
import { caseDecision, caseIntake, NatsEventPublisher, PostgresEventPublisher } from "@zaakstroom/zaakstroom";
import { type DemoNode, runDemo, startDemoNode } from "./demo_node.ts";

const case_id = crypto.randomUUID();
const intake = {
  ...caseIntake({ case_id, citizen_bsn: "987654321", debt_amount: 500.00, debt_type: "parkeerboete" }),
  event_id: crypto.randomUUID(),
  timestamp: new Date().toISOString(),
};
const decision = caseDecision({
  case_id,
  decision: "forgive",
  decided_by: "caseworker-1",
  reason: "The fine was paid at the counter",
  next_steps: ["Tell the citizen that the case is closed"],
});

await runDemo(["postgres-url", "nats-url"], async (urls) => {
  await using postgres = await startDemoNode("postgres", urls["postgres-url"]);
  await using nats = await startDemoNode("nats", urls["nats-url"]);
  const onPostgres = await takeThrough(postgres, new PostgresEventPublisher(postgres.url));
  const onNats = await takeThrough(nats, await NatsEventPublisher.create(nats.url, nats.natsOptions));
  console.log("event".padEnd(24), "PostgreSQL", " JetStream", "(milliseconds after the publish)");
  for (const [type, ms] of onPostgres) {
    console.log(type.padEnd(24), ms.toFixed(1).padStart(10), onNats.get(type)!.toFixed(1).padStart(10));
  }
});

/** When each event of the case could first be read. */
async function takeThrough(node: DemoNode, publisher: NatsEventPublisher | PostgresEventPublisher) {
  await publisher.connect();
  const [seenMs, began] = [new Map<string, number>(), performance.now()];
  await publisher.publish(intake);
  for await (const { event } of node.follow(case_id)) {
    seenMs.set(event.event_type, performance.now() - began);
    if (event.event_type === "case.review_requested") await publisher.publish(decision);
  }
  await publisher.close();
  return seenMs;
}
