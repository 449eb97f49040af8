/** Traces as a receiver of OTLP gets them from the program: of producers, processors, their failures; and none when off. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "node:path";
import postgres from "postgres";
import { fileURLToPath } from "node:url";
import { caseIntake, type EventInput } from "../../../backends/publishers.ts";
import { GUARDED } from "../../../console/node/guarded_start.ts";
import { cleanEnv, run } from "../../support/program.ts";
import { OtlpReceiver, type ReceivedSpan } from "../../support/servers/otlp_receiver.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const BSN = "123456782";
const intake = (case_id: string) =>
  caseIntake({ case_id, citizen_bsn: BSN, debt_amount: 500, debt_type: "parkeerboete" });

/** An analysis of a case nobody has taken in: it can't be decided. */
const orphan = {
  event_type: "case.analysis",
  data: {
    case_id: "orphan",
    risk_score: 75,
    success_probability: 0.65,
    recommended_action: "payment_plan",
    estimated_savings: 5200,
    analysis_confidence: 0.92,
  },
};

type Env = Record<string, string>;

/** Publishes the events by the command line, and has a node do all there is to do. */
async function runThrough(url: string, events: readonly EventInput[], env: Env, ...args: string[]) {
  const stdin = events.map((event) => JSON.stringify(event)).join("\n");
  const published = await run(["publish", "-", "--url", url, "--json"], { stdin, env });
  assertEquals(published.code, 0, published.err);
  const node = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0", ...args], { env });
  assertEquals(node.code, 0, node.err);
  return { published: published.out, log: node.err };
}

/** The only span of this name. */
function only(spans: readonly ReceivedSpan[]): ReceivedSpan {
  assertEquals(spans.length, 1, JSON.stringify(spans));
  return spans[0]!;
}

const placeOf = ({ traceId, spanId }: Pick<ReceivedSpan, "traceId" | "spanId">) => `${traceId}/${spanId}`;
const linksOf = (span: ReceivedSpan) => span.links.map(placeOf);

/** The spans through which an event goes: its producer's, and one of each processor. */
const CHAIN = [
  "publish events",
  "process intake",
  "process analysis",
  "process decision",
  "process follow_up",
] as const;

/** Each the only span of its name that `follows` the one before: a decision is taken by two processors. */
function chainOf(receiver: OtlpReceiver, follows: (span: ReceivedSpan, before: ReceivedSpan) => boolean) {
  const chain: ReceivedSpan[] = [];
  for (const name of CHAIN) {
    const before = chain.at(-1);
    chain.push(only(receiver.named(name).filter((span) => before === undefined || follows(span, before))));
  }
  return chain;
}

Deno.test("in passes an event is followed through the four processors, each below the span of its pass, by links", async () => {
  await using receiver = new OtlpReceiver();
  await runThrough(await server.freshStore(), [intake("case-1")], receiver.env());
  const chain = chainOf(receiver, (span, before) => linksOf(span).includes(placeOf(before)));
  const [published, ...processed] = chain;
  // Processors that join the step of the others later than the first pass have one of their own.
  const passes = receiver.named("process pass");
  const passOf = (span: ReceivedSpan) => passes.find(({ spanId }) => spanId === span.parentSpanId)!;
  const pass = passOf(processed[0]!);
  assertEquals([pass.kind, pass.parentSpanId, linksOf(pass)], [4, "", [placeOf(published!)]]);
  for (const [i, span] of processed.entries()) {
    assertEquals(linksOf(span), [placeOf(chain[i]!)], span.name);
    assertEquals([span.kind, span.traceId], [4, passOf(span).traceId], span.name);
    assertEquals(span.attributes["messaging.message.conversation_id"], "case-1");
  }
  const settle = only(
    receiver.named("settle pass").filter(({ parentSpanId }) => parentSpanId === pass.spanId),
  );
  assertEquals([settle.traceId, settle.kind], [pass.traceId, 2]);
  assert(!receiver.text.includes(BSN), "no data in spans");
});

Deno.test("an event is followed from its producer through the four processors, by links", async () => {
  await using receiver = new OtlpReceiver();
  await runThrough(await server.freshStore(), [intake("case-1")], receiver.env(), "--plain");
  const chain = chainOf(receiver, (span, before) => linksOf(span).includes(placeOf(before)));
  for (const [i, span] of chain.entries()) {
    assertEquals(linksOf(span), i === 0 ? [] : [placeOf(chain[i - 1]!)], span.name);
    assertEquals([span.kind, span.parentSpanId, span.status.code], [i === 0 ? 3 : 4, "", 0], span.name);
    assertEquals(span.attributes["messaging.message.conversation_id"], "case-1");
  }
  assertEquals(new Set(chain.map(({ traceId }) => traceId)).size, chain.length, "a trace each");
  for (const pass of chain.slice(1)) {
    const settle = receiver.spans.find(({ parentSpanId }) => parentSpanId === pass.spanId)!;
    assertEquals([settle.traceId, settle.kind], [pass.traceId, 2]);
    assertEquals(settle.name, pass.name.replace("process", "settle"));
  }
  assert(!receiver.text.includes(BSN), "no data in spans");
});

Deno.test("spans have the attributes of OpenTelemetry's conventions for messaging", async () => {
  await using receiver = new OtlpReceiver();
  await runThrough(await server.freshStore(), [intake("case-1")], receiver.env());
  const { attributes } = only(receiver.named("process intake"));
  const { "messaging.message.id": id, "messaging.destination.partition.id": partition, ...rest } = attributes;
  assertMatch(`${id}`, /^[0-9a-f-]{36}$/);
  assertMatch(`${partition}`, /^\d+$/);
  assertEquals(rest, {
    "messaging.system": "postgresql",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": "intake",
    "messaging.consumer.group.name": "intake",
    "messaging.message.conversation_id": "case-1",
  });
});

Deno.test("--traces parent makes one trace of an event and all that comes of it", async () => {
  await using receiver = new OtlpReceiver();
  await runThrough(await server.freshStore(), [intake("case-1")], receiver.env(), "--traces", "parent");
  const chain = chainOf(receiver, (span, before) => span.parentSpanId === before.spanId);
  for (const [i, span] of chain.entries()) assertEquals(span.parentSpanId, chain[i - 1]?.spanId ?? "");
  // A pass over several events is in the trace of none of them: processors that join late may have one.
  const ofEvents = receiver.spans.filter(({ name }) => !name.endsWith(" pass"));
  assertEquals(new Set(ofEvents.map(({ traceId }) => traceId)).size, 1);
});

Deno.test("a pass has a link to each append, and its workers, without permissions, make a span for each of 16", async () => {
  await using receiver = new OtlpReceiver();
  const url = await server.freshStore(1);
  const env = receiver.env();
  const publish = (...cases: string[]) =>
    run(["publish", "-", "--url", url], {
      stdin: cases.map((id) => JSON.stringify(intake(id))).join("\n"),
      env,
    });
  assertEquals((await publish("case-0")).code, 0);
  await runThrough(url, Array.from({ length: 39 }, (_, i) => intake(`case-${i + 1}`)), env);
  const appends = receiver.named("publish events").map(placeOf).sort();
  const deliveries = receiver.named("process intake");
  // Of the processors that join the step of the others later there may be more passes.
  const pass = only(
    receiver.named("process pass").filter(({ spanId }) => spanId === deliveries[0]!.parentSpanId),
  );
  assertEquals(pass.attributes["messaging.batch.message_count"], 40);
  assertEquals(linksOf(pass).sort(), appends);
  assertEquals(deliveries.map(({ parentSpanId }) => parentSpanId), Array(16).fill(pass.spanId));
  assertEquals(new Set(deliveries.flatMap(linksOf)), new Set(appends));
});

Deno.test("a dead letter has a span of its own, also where no pass is sampled", async () => {
  await using receiver = new OtlpReceiver();
  const env = receiver.env({ OTEL_TRACES_SAMPLER: "parentbased_always_off" });
  const { log } = await runThrough(await server.freshStore(), [orphan, intake("case-1")], env);
  const dead = only(receiver.spans);
  assertEquals([dead.name, dead.status.code], ["dead_letter analysis", 2]);
  assertEquals(dead.attributes["messaging.message.conversation_id"], "orphan");
  assertEquals(dead.attributes["messaging.operation.type"], "settle");
  assertEquals(dead.attributes["error.type"], dead.status.message);
  assertMatch(dead.status.message, /^[A-Z]\w+$/);
  const logged = log.trimEnd().split("\n").map((line) => JSON.parse(line))
    .find(({ event }) => event === "dead_letter");
  assertEquals([logged.trace_id, logged.case_id], [dead.traceId, "orphan"]);
});

Deno.test("an event that is sent again with another trace is the same event", async () => {
  await using receiver = new OtlpReceiver();
  const url = await server.freshStore();
  const event = { ...intake("case-1"), event_id: crypto.randomUUID() };
  const again = { ...event, metadata: { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` } };
  const publish = async (input: EventInput) =>
    JSON.parse((await runThrough(url, [input], receiver.env())).published);
  const [first, second] = [await publish(event), await publish(again)];
  assertEquals([first.stored, second.stored, second.duplicates], [1, 0, 1]);
  assertEquals(receiver.named("publish events").map(linksOf), [[], [`${"a".repeat(32)}/${"b".repeat(16)}`]]);
});

Deno.test("what a node takes from the outbox is appended in a span, and followed from there", async () => {
  await using receiver = new OtlpReceiver();
  const url = await server.freshStore();
  const sql = postgres(url);
  const [traceId, spanId] = ["a".repeat(32), "b".repeat(16)];
  const traced = { ...intake("traced"), metadata: { traceparent: `00-${traceId}-${spanId}-01` } };
  for (const event of [traced, intake("untraced")]) {
    await sql`insert into zaakstroom.outbox (event) values (${JSON.stringify(event)}::text::json)`;
  }
  await sql.end();
  const node = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0"], {
    env: receiver.env(),
  });
  assertEquals(node.code, 0, node.err);
  const appended = only(receiver.named("append events"));
  assertEquals([appended.kind, linksOf(appended)], [3, [`${traceId}/${spanId}`]]);
  assertEquals(appended.attributes["messaging.batch.message_count"], 2);
  const taken = receiver.named("process intake").flatMap(linksOf);
  assertEquals(new Set(taken), new Set([`${traceId}/${spanId}`, placeOf(appended)]));
});

Deno.test("the commands of the page on traces make one trace of a case in four processors", async () => {
  await using receiver = new OtlpReceiver();
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = "" } = receiver.env();
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const page = await Deno.readTextFile(join(root, "docs/how-to/traces.md"));
  const [, block = ""] = /```sh\n(export OTEL_DENO=true\n[^]*?)```/.exec(page)!;
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-euc", block.replace("http://127.0.0.1:4318", endpoint)],
    cwd: root,
    env: cleanEnv({
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
    }),
    clearEnv: true,
    stdin: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const below = (parent: ReceivedSpan, name: string) =>
    only(receiver.named(name).filter(({ parentSpanId }) => parentSpanId === parent.spanId));
  const analysed = below(below(only(receiver.named("append events")), "process intake"), "process analysis");
  for (const name of ["process decision", "process follow_up"]) {
    assertEquals(below(analysed, name).traceId, analysed.traceId);
  }
});

/** Runs a node on the memory backend under a configuration in which the tracing API can't be loaded. */
async function runWithoutApi(env: Env): Promise<number> {
  const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const { name: _name, exports: _exports, lock: _lock, ...config } = JSON.parse(
    await Deno.readTextFile(root("deno.json")),
  );
  config.imports["@opentelemetry/api"] = "data:text/javascript,";
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "deno.json"), JSON.stringify(config));
  const flags = [
    "--quiet",
    "--cached-only",
    "--no-prompt",
    "--no-lock",
    "--config",
    join(folder.path, "deno.json"),
  ];
  const start = ["start", "--backend", "memory", "--count", "3", "--until-idle", "--json", "--port", "0"];
  const node = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "--permission-set=node", root("main.ts"), ...start],
    // Without the guardian, which would start the node under the configuration of the project.
    env: cleanEnv({ ...env, [GUARDED]: "1" }),
    clearEnv: true,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const { code } = await node.status;
  await node.stdin.abort().catch(() => {});
  return code;
}

async function temporaryFolder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("without OTEL_DENO the tracing API is not loaded, neither in the node nor in its workers", async () => {
  await using receiver = new OtlpReceiver();
  assertEquals(await runWithoutApi({}), 0);
  assert(await runWithoutApi(receiver.env()) !== 0, "with it, it is");
});
