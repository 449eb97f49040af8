/** The demos of the brief, run as a reader would: on servers of their own and on a given one, and with wrong options. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertRefused } from "../../support/program.ts";
import { runFile } from "../../support/script.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { findNatsServer, startNats } from "../../support/servers/nats_server.ts";

/** What the case of the brief comes to: its income is not known, so a person decides. */
const HISTORY = "1. case.intake\n2. case.analysis\n3. case.review_requested\n4. case.decision forgive\n" +
  "5. case.debt_forgiven\n6. case.completed resolved\n";

Deno.test("the demo of PostgreSQL takes the case of the brief to its end, and leaves nothing behind", async () => {
  const TMPDIR = await Deno.makeTempDir();
  await Deno.chmod(TMPDIR, 0o711); // as root the database runs as another user, who must pass
  try {
    const { code, out, err } = await runExample("postgres_demo.ts", [], { TMPDIR });
    assertEquals([code, out], [0, HISTORY], err);
    assertEquals([...Deno.readDirSync(TMPDIR)], []);
  } finally {
    await Deno.remove(TMPDIR, { recursive: true });
  }
});

natsTest("the demo of JetStream takes the same case to its end on a server of its own", async () => {
  const { code, out, err } = await runExample("nats_demo.ts", [], { NATS_SERVER: await findNatsServer() });
  assertEquals([code, out], [0, HISTORY], err);
});

natsTest("the comparison tells one history of both, on a given server too", async () => {
  await using nats = await startNats();
  const { code, out, err } = await runExample("comparison_demo.ts", ["--nats-url", nats.url]);
  assertEquals(code, 0, err);
  for (const line of HISTORY.matchAll(/case\.\w+/g)) {
    assertMatch(out, new RegExp(`^${line[0]} +\\d+\\.\\d +\\d+\\.\\d$`, "m"));
  }
});

for (const file of ["postgres_demo.ts", "nats_demo.ts", "comparison_demo.ts"]) {
  Deno.test(`${file} refuses what it does not take, in one line`, async () => {
    for (const args of [["--ulr", "x"], ["now"], ["--url="]]) {
      assertRefused(await runExample(file, args), 2, /^This demo takes --/);
    }
  });

  Deno.test(`${file} fits on a page`, async () => {
    const text = await Deno.readTextFile(new URL(`../../../simulators/examples/${file}`, import.meta.url));
    assert(text.trimEnd().split("\n").length <= 50);
  });
}

Deno.test("a demo whose server does not answer says so in one line", async () => {
  assertRefused(await runExample("nats_demo.ts", ["--url", "nats://127.0.0.1:1"]), 1, /^NATS is /);
});

function runExample(file: string, args: readonly string[], env: Record<string, string> = {}) {
  return runFile(`simulators/examples/${file}`, args, { flags: ["--allow-all"], env });
}
