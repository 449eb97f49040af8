/** A mailbox whose row something else holds: it waits alone. @module */
import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import { caseIntake, PostgresEventPublisher } from "../../../../backends/publishers.ts";
import { partitionOf } from "../../../../schema/partition.ts";
import { Program } from "../../../support/program.ts";
import { startPostgres } from "../../../support/servers/postgres_server.ts";

const [PARTITIONS, HELD, CASES] = [8, 3, 80];
/** How long is waited for what is expected within seconds: a busy machine takes longer. */
const DEADLINE_MS = 120_000;

/** Asks until the answer is yes; false when it has not been by the deadline. */
async function becomes(ask: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + DEADLINE_MS; Date.now() < end;) {
    if (await ask()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** Health names the mailbox that is held, and none but those that go in passes with it, and what they wait for. */
async function isNamed(address: string): Promise<boolean> {
  const { why } = await fetch(`${address}health`).then((answer) => answer.json());
  const named = why.filter((each: string) => each.includes("waits for"));
  const isOfPartition = (each: string) => each.includes(`: partition ${HELD} waits for a lock`);
  return named.every(isOfPartition) && named.some((each: string) => each.startsWith("intake: "));
}

Deno.test("a mailbox whose row is held waits alone: the others of its node go on, and it goes on afterwards", async () => {
  await using server = await startPostgres({ fsync: false });
  const url = await server.freshStore(PARTITIONS);
  const sql = postgres(url, { max: 4, onnotice: () => {} });
  await using node = Program.start(["start", "--url", url, "--port", "0"]);
  const address = await node.serving();
  const caseIds = Array.from({ length: CASES }, (_, n) => `case-${n}`);
  const intakes = caseIds.map((case_id) =>
    caseIntake({ case_id, citizen_bsn: "123456782", debt_amount: 1_000, debt_type: "huur" })
  );
  const held = caseIds.filter((caseId) => partitionOf(caseId, PARTITIONS) === HELD).length;
  const analysed = async (isHeld: boolean) => {
    const [row] = await sql`select count(*)::int as n from zaakstroom.events
      where type = 'case.analysis' and (partition = ${HELD}) = ${isHeld}`;
    return row!["n"];
  };
  const isOwned = async () => {
    const [row] = await sql`select count(*)::int as n from zaakstroom.subscriptions
      where processor = 'intake' and owner is not null`;
    return row!["n"] === PARTITIONS;
  };
  assert(await becomes(isOwned), node.err.text);
  await sql.begin(async (tx) => {
    await tx`select from zaakstroom.subscriptions where processor = 'intake' and partition = ${HELD} for update`;
    const publisher = new PostgresEventPublisher(url);
    await publisher.publishAll(intakes);
    await publisher.close();
    assert(held > 0 && await becomes(async () => await analysed(false) === CASES - held), node.err.text);
    assertEquals(await analysed(true), 0);
    assert(await becomes(() => isNamed(address)), "health does not name the mailbox that waits");
  });
  assert(await becomes(async () => await analysed(true) === held), node.err.text);
  await sql.end();
});
