/**
 * Publishes the case of the brief to NATS JetStream and follows it to its end.
 *
 *     deno run -A simulators/examples/nats_demo.ts                      on a nats-server of its own, gone afterwards
 *     deno run -A simulators/examples/nats_demo.ts --url nats://…     on a server of yours
 * @module
 */
// deno-lint-ignore-file no-console -- it prints what it does
import { caseDecision, caseIntake, NatsEventPublisher } from "@zaakstroom/zaakstroom";
import { runDemo, startDemoNode } from "./demo_node.ts";

await runDemo(["url"], async ({ url }) => {
  await using node = await startDemoNode("nats", url);
  const publisher = await NatsEventPublisher.create(node.url, node.natsOptions);

  const case_id = url === undefined ? "123" : crypto.randomUUID();
  await publisher.publish(
    caseIntake({ case_id, citizen_bsn: "987654321", debt_amount: 500.00, debt_type: "parkeerboete" }),
  );
  for await (const { version, event } of node.follow(case_id)) {
    console.log(
      `${version}. ${event.event_type} ${event.data.decision ?? event.data.outcome ?? ""}`.trimEnd(),
    );
    // Nothing is known of the income, so the rules leave this case to a person.
    if (event.event_type === "case.review_requested") {
      await publisher.publish(caseDecision({
        case_id,
        decision: "forgive",
        decided_by: "caseworker-1",
        reason: "The fine was paid at the counter",
        next_steps: ["Tell the citizen that the case is closed"],
      }));
    }
  }
  await publisher.close();
});
