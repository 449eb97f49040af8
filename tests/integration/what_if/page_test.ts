/** The page on `what-if` does what it says: its commands, in its order, on a small store. @module */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";
import { runHere } from "../../support/program.ts";
import { recordedEvents } from "../../support/what_if/recorded_history.ts";
import { storeHistory } from "../../support/what_if/store_history.ts";

const PAGE = new URL("../../../docs/how-to/what-if.md", import.meta.url);

Deno.test("the commands of docs/how-to/what-if.md run as the page has them", async () => {
  const page = await Deno.readTextFile(PAGE);
  await using server = await startPostgres({ fsync: false });
  await using place = await TestDirectory.make();
  const url = await server.freshStore();
  await storeHistory(url, recordedEvents({ seed: "page", count: 60, lived: true }));
  await Deno.mkdir(place.dataDir, { recursive: true });
  const policy = /`policy\.json`:\n\n```json\n([^`]*)```/.exec(page)![1]!;
  await Deno.writeTextFile(join(place.dataDir, "policy.json"), policy);
  const named = (word: string) =>
    ["candidate", "out", "policy.json"].includes(word) ? join(place.dataDir, word) : word;
  const lines = [...page.matchAll(/^```sh\n([^`]*)```/gm)].flatMap(([, block]) => block!.trim().split("\n"));
  for (const line of lines) {
    const words = line.replace("deno task zaakstroom ", "").split(" ").map(named);
    const store = words[0] === "rules" ? [] : ["--url", url];
    const state = words[0] === "what-if" ? ["--state", join(place.dataDir, "state")] : [];
    const { code, err } = await runHere([...words, ...store, ...state]);
    assertEquals(code, 0, `${line}: ${err}`);
  }
  assert(lines.length >= 7);
  const report = JSON.parse(await Deno.readTextFile(join(place.dataDir, "out", "what-if.json")));
  assertEquals(report.changes, ["forgive_max 500 → 250", "capacity_share 1 → 0.9"]);
});
