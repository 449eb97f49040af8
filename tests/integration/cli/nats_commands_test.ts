/** The commands of people, on JetStream: cases, caseworkers, dead letters and the inbox. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { pendingEventOf } from "../../../backends/nats/stream/message.ts";
import { DEFAULT_PARTITIONS } from "../../../schema/partition.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { anEvent } from "../../support/events.ts";
import { Outsider } from "../../support/nats_log/outsider.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { assertRefused, type ProgramResult, run, runHere } from "../../support/program.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const BY = ["--as", "Caseworker 7", "--reason", "looked at it"];
const ASSESSMENT = {
  risk_score: 75,
  success_probability: 0.65,
  recommended_action: "payment_plan",
  estimated_savings: 5200,
  analysis_confidence: 0.92,
};
const REVIEW = {
  asked_of: "caseworker",
  reasons: [{ code: "forgive_over_limit", reason: "It is more than a system may forgive" }],
  proposed: "forgive",
  rules: [{ id: "review/forgive_over_limit", version: "2026.1", source: "Policy" }],
  debt_amount: 560.5,
};
const intake = (case_id: string) => ({
  case_id,
  citizen_bsn: "999990019",
  debt_amount: 560.52,
  debt_type: "huur",
});
const event = (event_type: string, case_id: string, data: object) => ({
  event_type,
  data: { case_id, ...data },
});

const here = (...args: string[]): Promise<ProgramResult> =>
  runHere([...args, "--backend", "nats", "--url", server.url]);

async function publish(...events: object[]): Promise<void> {
  const stdin = events.map((each) => JSON.stringify(each)).join("\n");
  const { code, err } = await run(["publish", "-", "--backend", "nats", "--url", server.url], { stdin });
  assertEquals(code, 0, err);
}

/** As a processor asks for it, past the doors: no producer can. */
async function requestReview(case_id: string): Promise<void> {
  const asked = { ...anEvent(case_id, 3, "case.review_requested"), data: { case_id, ...REVIEW } };
  const event = pendingEventOf(asked, DEFAULT_PARTITIONS);
  const outsider = await Outsider.open(server.url, "CASES");
  const writer = await outsider.writer(event.partition);
  await writer.append({ events: [event], expected: "any" });
  await outsider.close(event.partition);
}

async function settleAll(): Promise<void> {
  const flags = ["--backend", "nats", "--url", server.url, "--until-idle", "--json", "--port", "0"];
  const { code, err } = await run(["start", ...flags]);
  assertEquals(code, 0, err);
}

natsTest("a caseworker finds what waits, decides it once, and the story of the case tells", async () => {
  await publish(intake("waits"), event("case.analysis", "waits", ASSESSMENT));
  await requestReview("waits");
  const waiting = await here("cases", "review", "--json");
  assertEquals(JSON.parse(waiting.out).cases.map((waits: { case_id: string }) => waits.case_id), ["waits"]);
  for (const format of ["json", "ndjson"]) {
    assertMatch((await here("cases", "review", "--output", format)).out, /"debt_amount":560\.50[,}]/);
  }
  const decision = ["--decision", "refer_assistance", ...BY];
  const decided = await here("cases", "decide", "waits", "--json", ...decision);
  assertEquals([decided.code, JSON.parse(decided.out).version], [0, 4], decided.err);
  assertEquals((await here("cases", "review")).out, "No case waits for a caseworker");
  assertRefused(await here("cases", "decide", "waits", ...decision), exitCodes.notFound, /does not wait/);
  const history = await here("cases", "show", "waits");
  assertMatch(history.out, /refer_assistance/);
  assert(!history.out.includes("999990019"), history.out);
  const { cases: [listed] } = JSON.parse((await here("cases", "list", "--json", "--limit", "1")).out);
  assertEquals([listed.case_id, listed.version, listed.latest], ["waits", 4, "case.decision"]);
  assertRefused(await here("cases", "show", "nobody"), exitCodes.notFound, /^There is no case nobody$/);
});

natsTest(
  "dead letters are listed with their evidence, redriven in order and discarded into the trail",
  async () => {
    await publish(event("case.analysis", "orphan", ASSESSMENT), event("case.analysis", "orphan", ASSESSMENT));
    await settleAll();
    const listed = await here("dlq", "list", "--case", "orphan");
    const row = listed.out.split("\n")[1]!;
    assertMatch(row, /^ *\d+ {2}\S+ {2}analysis +case\.analysis +Reject +1 +1 {2}orphan$/);
    const position = row.trim().split(" ")[0]!;
    assertMatch(
      (await here("dlq", "show", position)).out,
      /attempt 1 at \S+: Reject: An analysis without an intake/,
    );
    const dry = await here("dlq", "redrive", "--case", "orphan", "--dry-run", ...BY);
    assertMatch(dry.out, /^Would redrive 1 dead letter/);
    const redriven = await here("dlq", "redrive", position, "--json", ...BY);
    assertEquals(JSON.parse(redriven.out).count, 1);
    await settleAll();
    const discarded = await here("dlq", "discard", position, ...BY);
    assertEquals(discarded.code, 0, discarded.err);
    const { acts } = JSON.parse((await here("cases", "show", "orphan", "--json")).out);
    const byPeople = acts.filter(({ by }: { by: string }) => by.startsWith("Caseworker 7 (account "));
    assertEquals(byPeople.map(({ act }: { act: string }) => act), ["redrive", "discard"]);
    assertRefused(await here("dlq", "show", position), exitCodes.notFound, /^There is no such dead letter/);
  },
);

natsTest(
  "an event left by any NATS client is taken in by a node, or found in the inbox without personal data",
  async () => {
    const producer = await connect({ servers: server.url });
    for (const sent of [intake("left"), { ...intake("bad"), debt_amount: -1 }]) {
      await producer.request("cases.ingest", JSON.stringify(sent), NATS_ANSWER);
    }
    await producer.close();
    const flags = ["--backend", "nats", "--url", server.url];
    const node = await run(["start", ...flags, "--until-idle", "--json", "--port", "0"]);
    assertEquals(node.code, 0, node.err);
    assertEquals((await here("cases", "show", "left")).code, 0);
    const { total, refused: [refused] } = JSON.parse((await here("inbox", "list", "--json")).out);
    assertEquals(total, 1);
    assertMatch(refused.reason, /debt_amount/);
    const shown = await here("inbox", "show", `${refused.id}`);
    assertMatch(shown.out, /"case_id":"bad"/);
    assert(!shown.out.includes("999990019"), shown.out);
    assertRefused(
      await here("inbox", "discard", `${refused.id}`),
      exitCodes.usage,
      /needs --reason/,
    );
    assertEquals((await here("inbox", "discard", `${refused.id}`, ...BY)).out, "Done");
    assertEquals((await here("inbox", "list")).out, "Nothing was refused");
    assertRefused(await here("inbox", "show", "1"), exitCodes.notFound, /^There is no such event/);
  },
);
