/** Traces over JetStream: the context of a producer with a NATS client of its own, and that of ours. */
import { assertEquals, assertMatch } from "@std/assert";
import { connect, headers } from "@nats-io/transport-deno";
import { caseIntake } from "../../../backends/publishers.ts";
import { run } from "../../support/program.ts";
import { NATS_ANSWER, startNats } from "../../support/servers/nats_server.ts";
import { OtlpReceiver } from "../../support/servers/otlp_receiver.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const INTAKE = { case_id: "case-1", citizen_bsn: "123456782", debt_amount: 500, debt_type: "huur" };
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "00f067aa0ba902b7";
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

type Env = Record<string, string>;

const optionsOf = ({ url }: { readonly url: string }) => ["--backend", "nats", "--url", url];

async function runNode(store: readonly string[], env: Env): Promise<void> {
  const { code, err } = await run(["start", ...store, "--until-idle", "--json", "--port", "0"], { env });
  assertEquals(code, 0, err);
}

natsTest(
  "the context of an event at the ingest subject is that of its header, and of its append without one",
  async () => {
    await using receiver = new OtlpReceiver();
    await using server = await startNats();
    const store = optionsOf(server);
    await run(["setup", ...store]);
    const producer = await connect({ servers: server.url });
    for (const [caseId, traceparent] of [["case-1", TRACEPARENT], ["case-2", "no trace"]] as const) {
      const set = headers();
      set.set("traceparent", traceparent);
      await producer.request("cases.ingest", JSON.stringify({ ...INTAKE, case_id: caseId }), {
        headers: set,
        ...NATS_ANSWER,
      });
    }
    await producer.close();
    await runNode(store, receiver.env());
    const origins = receiver.named("process intake").flatMap(({ links }) => links).map((link) => link.spanId);
    const ingested = receiver.named("append events");
    assertEquals(ingested.flatMap(({ links }) => links).map((link) => link.spanId), [SPAN_ID]);
    assertEquals(new Set(origins), new Set([SPAN_ID, ...ingested.map(({ spanId }) => spanId)]));
    const { out } = await run(["cases", "list", ...store]);
    assertMatch(out, /case-1[^]*case-2|case-2[^]*case-1/);
    assertEquals(receiver.named("settle pass")[0]!.attributes["messaging.system"], "nats");
  },
);

natsTest(
  "an event that is appended is followed to its decision",
  async () => {
    await using receiver = new OtlpReceiver();
    await using server = await startNats();
    const store = optionsOf(server);
    await run(["setup", ...store]);
    const stdin = JSON.stringify(caseIntake(INTAKE));
    const { code, err } = await run(["publish", "-", ...store], { stdin, env: receiver.env() });
    assertEquals(code, 0, err);
    const appended = receiver.named("publish events")[0]!;
    await runNode(store, receiver.env());
    const chain = ["process intake", "process analysis", "process decision"].map((name) =>
      receiver.named(name)[0]!
    );
    for (const [i, { links }] of chain.entries()) {
      const { traceId, spanId } = chain[i - 1] ?? appended;
      assertEquals(links.map((link) => [link.traceId, link.spanId]), [[traceId, spanId]]);
    }
  },
);
