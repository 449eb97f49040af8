/** What a client that may publish on the subjects of the log sends there past every door: harmless. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { openNats } from "../../../../backends/nats/nats_backend.ts";
import { DEFAULT_PARTITIONS, partitionOf } from "../../../../schema/partition.ts";
import { NATS_ANSWER, startNats } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { run, runHere } from "../../../support/program.ts";

const logOf = (caseId: string) => `cases-log.${partitionOf(caseId, DEFAULT_PARTITIONS)}`;

/** Subjects of the store, and what is sent there that is none of ours. */
const MESSAGES: readonly (readonly [string, string | Uint8Array])[] = [
  [logOf("X"), "garbage"],
  [logOf("X"), ""],
  [logOf("lines"), "a\nb\nc"],
  [logOf("bytes"), Uint8Array.of(0, 255, 9, 10)],
  [logOf("json"), "{}\n"],
  [logOf("later"), '{"format":2}\n'],
  [logOf("frames"), '{"format":1,"frames":[[1,5,5]]}\n12345'],
  [logOf("large"), "x".repeat(900_000)],
  ["cases-log.9999", "no partition"],
  ["cases-index.manifest.1", "no manifest"],
  ["cases-index.manifest.2", '{"format":2,"epoch":0}'],
  ["cases-index.run.3.zz", "no run"],
];

const INTAKE = { citizen_bsn: "123456782", debt_amount: 1250.5, debt_type: "huur" };

natsTest(
  "garbage on the subjects of the store is passed over and counted, and everything goes on",
  async () => {
    await using server = await startNats();
    const store = ["--backend", "nats", "--url", server.url];
    await (await openNats({ url: server.url, leaseMs: 1_000 })).close();
    const connection = await connect({ servers: server.url });
    for (const [subject, content] of MESSAGES) await connection.request(subject, content, NATS_ANSWER);
    await connection.close();
    const healthy = ["X", "healthy-1", "healthy-2"].map((case_id) => JSON.stringify({ case_id, ...INTAKE }));
    const published = await run(["publish", "-", ...store], { stdin: healthy.join("\n") });
    assertEquals(published.code, 0, published.err);
    const { code, err } = await run(["start", ...store, "--until-idle", "--json", "--port", "0"]);
    assertEquals(code, 0, err);
    const ask = async (...args: string[]) => {
      const { code, out, err } = await runHere([...args, ...store]);
      assertEquals(code, 0, `${args.join(" ")}: ${err}`);
      return out;
    };
    assertEquals(JSON.parse(await ask("dlq", "list", "--json")).dead_letters, []);
    const listed = await ask("cases", "list");
    assert(listed.includes("healthy-1") && listed.includes("healthy-2"), listed);
    for (const caseId of ["X", "healthy-1"]) {
      assertMatch(await ask("cases", "show", caseId), /case\.decision|review_requested/);
    }
  },
);
