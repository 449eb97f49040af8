/** The tutorial of workflows, docs/tutorial/workflow.md: its files are written, and its commands run on both servers. @module */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

const ROOT = new URL("../../../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/tutorial/workflow.md", ROOT));

/** The blocks of the page, in order, by their language. */
function blocksIn(language: string): readonly string[] {
  return [...page.matchAll(new RegExp("^```" + language + "\n([^]*?)^```", "gm"))].map(([, text]) => text!);
}

const [reminder, test, chart, worker, main] = blocksIn("ts");
const [testing, drawing, beginning, resuming] = blocksIn("sh");
const [drawn, resumed] = blocksIn("text");

let folder: string;
Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  const files = {
    "deno.json": blocksIn("json")[0]!.replace("../zaakstroom", fileURLToPath(ROOT)),
    ...{ "reminder.ts": reminder!, "reminder_test.ts": test!, "chart.ts": chart! },
    ...{ "worker.ts": worker!, "main.ts": main! },
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** A command of the page, by this Deno, without a check of types, which takes longer than all the rest. */
async function run(line: string | undefined, store = "") {
  const [, verb, ...words] = line!.trim().split(" ");
  const args = words.map((word) => word === '"$STORE"' ? store : word);
  const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [verb!, "--no-check", "--no-lock", ...args],
    cwd: folder,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(120_000),
  }).output();
  const decoder = new TextDecoder();
  return { code, signal, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("the tests of the page pass, and its chart is the one that it shows", async () => {
  const tested = await run(testing);
  assertEquals(tested.code, 0, tested.out + tested.err);
  const { out, err } = await run(drawing);
  assertEquals(out.trim(), drawn!.trim(), err);
});

/** Killed while its case waits, the program goes on where it was. */
async function killAndResume(store: string): Promise<void> {
  const begun = await run(beginning, store);
  assertEquals(begun.signal, "SIGKILL", begun.err);
  const { code, out, err } = await run(resuming, store);
  assertEquals([code, out], [0, resumed], err);
}

Deno.test("the workflow of the page is killed while it waits, and goes on, on PostgreSQL", async () => {
  await using server = await startPostgres();
  await killAndResume(await server.freshDatabase());
});

natsTest("the workflow of the page is killed while it waits, and goes on, on JetStream", async () => {
  await using server = await startNats();
  await killAndResume(server.url);
});
