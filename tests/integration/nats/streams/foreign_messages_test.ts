/** What a client that may publish on the subjects of the log sends there past every door: harmless. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { openNats } from "../../../../backends/nats/nats_backend.ts";
import { DEFAULT_PARTITIONS, partitionOf } from "../../../../schema/partition.ts";
import { NATS_ANSWER, startNats } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { run, runHere } from "../../../support/program.ts";

const intakesOf = (caseId: string) => `cases.${partitionOf(caseId, DEFAULT_PARTITIONS)}.intake.${caseId}`;

/** Subjects of the log and what is sent there; each is a dead letter, or is read by nobody. */
const MESSAGES: readonly (readonly [string, string | Uint8Array])[] = [
  [intakesOf("X"), "garbage"],
  [intakesOf("X"), "garbage again"],
  [intakesOf("lines"), "a\nb\nc"],
  ["cases.0.intake.empty", ""],
  [intakesOf("bytes"), Uint8Array.of(0, 255, 9, 10)],
  ["cases.0.intake.=zz", "no token of ours"],
  ["cases.1.intake.tabs", "1\t2\t3\t4\t5\t6\t7\t8"],
  ["cases.1.intake.braces", `1\tid\tcase.intake\tbraces\t5\t{no json}\t{}`],
  ["cases.1.intake.time", `1\tid-1\tcase.intake\ttime\tnever\t{"case_id":"time"}\t{"schema_version":1}`],
  [intakesOf("future"), `1\tid-2\tcase.intake\tfuture\t5\t{"case_id":"future"}\t{"schema_version":9}`],
  ["cases.2.analysis.large", "x".repeat(900_000)],
];
const UNREAD: readonly (readonly [string, string])[] = [
  ["cases.9999.intake.X", "no partition"],
  ["cases.3.nonsense.X", "no type"],
  ["cases-run.kind.x.1", "no kind"],
  ["cases-run.timer.follow_up.a.term", "no time"],
  ["cases-run.timer.follow_up.b.term", "1\tno event"],
  ["cases-run.timer.=zz.=ff.=", "1\tno event"],
];

const INTAKE = { citizen_bsn: "123456782", debt_amount: 1250.5, debt_type: "huur" };

natsTest(
  "garbage on the subjects of the log is a dead letter each, and everything else goes on",
  async () => {
    await using server = await startNats();
    const store = ["--backend", "nats", "--url", server.url];
    await (await openNats({ url: server.url, leaseMs: 1_000 })).close();
    const connection = await connect({ servers: server.url });
    for (const [subject, content] of [...MESSAGES, ...UNREAD]) {
      await connection.request(subject, content, NATS_ANSWER);
    }
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
    const letters = JSON.parse(await ask("dlq", "list", "--limit", "100", "--json")).dead_letters;
    assertEquals(letters.length, MESSAGES.length - 1, "of X one is the head, and the others wait behind it");
    for (const { position } of letters) {
      assertMatch(
        await ask("dlq", "show", `${position}`),
        /InvalidEvent|UnknownKind/,
      );
    }
    for (const caseId of ["X", "lines", "bytes", "future"]) await ask("cases", "show", caseId);
    const listed = await ask("cases", "list");
    assert(listed.includes("healthy-1") && listed.includes("healthy-2"), listed);
    assertMatch(await ask("cases", "show", "healthy-1"), /case\.decision|review_requested/);
  },
);
