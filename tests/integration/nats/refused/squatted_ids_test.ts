/** Attacks 6 to 8 on JetStream, on a whole node: the id of a coming analysis, taken beforehand. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { jetstream } from "@nats-io/jetstream";
import { openNats } from "../../../../backends/nats/nats_backend.ts";
import { derivedIds } from "../../../../schema/ids.ts";
import { anEvent } from "../../../support/events.ts";
import { run } from "../../../support/program.ts";
import { startNats } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";

const INTAKE = { citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };
const ID = "019b76da-a800-7000-8000-000000000007";
const AT = "2026-03-01T12:00:00.000Z";

/** A store of its own, with an intake in `squatted`, and the id that its analysis will have. */
async function aboutToBeAnalysed(url: string) {
  const backend = await openNats({ url, partitions: 2 });
  const data = { ...anEvent("squatted", 1).data, ...INTAKE };
  await backend.append([{ ...anEvent("squatted", 1), event_id: ID, timestamp: AT, data }]);
  return { backend, taken: derivedIds(await backend.secret())(ID, Date.parse(AT), "intake", 0) };
}

async function asked(url: string, ...args: string[]) {
  const { code, out, err } = await run([...args, "--json", "--backend", "nats", "--url", url]);
  assertEquals(code, 0, `${args.join(" ")}: ${err}`);
  return JSON.parse(out);
}

natsTest(
  "attack 6 and 8: an id of an analysis that is taken nonetheless harms its event alone, on a whole node",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const { backend, taken } = await aboutToBeAnalysed(server.url);
    await backend.append([{ ...anEvent("squatted", 2, "case.withdrawn"), event_id: taken }]);
    await backend.append([{ ...anEvent("healthy", 1), data: { ...anEvent("healthy", 1).data, ...INTAKE } }]);
    await backend.close();
    await asked(server.url, "start", "--until-idle", "--port", "0");
    const { dead_letters } = await asked(server.url, "dlq", "list");
    assertEquals(
      dead_letters.map((
        { case_id, processor, error }: Record<string, string>,
      ) => [case_id, processor, error]),
      [["squatted", "intake", "SettlementRefused"]],
    );
    assertMatch(
      JSON.stringify(await asked(server.url, "cases", "show", "healthy")),
      /case\.(decision|review_requested)/,
    );
  },
);

natsTest(
  "attack 7: with nothing but the right to leave events the id is not taken, and the case goes on",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const { backend, taken } = await aboutToBeAnalysed(server.url);
    await backend.close();
    const stranger = await connect({ servers: server.url });
    const left = { ...anEvent("squatted", 2, "case.withdrawn"), event_id: taken };
    await jetstream(stranger).publish("cases.ingest.stranger", JSON.stringify(left));
    await stranger.close();
    await asked(server.url, "start", "--until-idle", "--port", "0");
    assertEquals((await asked(server.url, "dlq", "list")).dead_letters, []);
    assertEquals((await asked(server.url, "inbox", "list")).total, 1);
    const shown = JSON.stringify(await asked(server.url, "cases", "show", "squatted"));
    assertMatch(shown, /case\.(decision|review_requested)/);
    assertEquals(shown.includes("case.withdrawn"), false);
  },
);
