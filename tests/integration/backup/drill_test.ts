/** The drill of docs/how-to/backup.md, as it stands there: a store on the embedded PostgreSQL, its disk lost, and back. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { Program, type ProgramResult, run as runProgram } from "../../support/program.ts";
import { TestDirectory, waitUntil } from "../../support/servers/embedded_processes.ts";

const PAGE = new URL("../../../docs/how-to/backup.md", import.meta.url);
const MOMENT = "2026-11-30T19:47:00Z";

/** The command lines of the drill, each block a list. */
async function drillOf(page: URL): Promise<string[][]> {
  const section = /## The drill\n([^]*?)\n## /.exec(await Deno.readTextFile(page))![1]!;
  return [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block!.trim().split("\n"));
}

/** A line of the page, with the places and the moment of this test. */
function argsOf(line: string, root: string, moment: string): string[] {
  const words = line.replace(/ &$/, "").split(" ").slice(1);
  return words.map((word) => word === MOMENT ? moment : word.replace(/^\/(?=backups|data)/, `${root}/`));
}

async function run(args: readonly string[]): Promise<ProgramResult> {
  const result = await runProgram(args);
  assertEquals(result.code, 0, `${args.join(" ")}: ${result.err}`);
  return result;
}

/** The newest moment of the streamed log. */
async function newestIn(backups: string): Promise<string> {
  const text = await Deno.readTextFile(join(backups, "wal/newest.json")).catch(() => '{"at":""}');
  return JSON.parse(text).at;
}

/** Waits until everything up to now is kept, and answers a moment at which it was. */
async function everythingKept(backups: string): Promise<string> {
  const now = new Date().toISOString();
  await waitUntil(async () => await newestIn(backups) > now);
  return now;
}

Deno.test("the drill of the page: a store whose disk is lost is as it was at a moment, and nothing later is there", async () => {
  await using place = await TestDirectory.make("data");
  const backups = join(place.root, "backups");
  await Deno.mkdir(place.dataDir);
  await Deno.chmod(place.dataDir, 0o711);
  const [prepare, restore, after] = await drillOf(PAGE);
  await run(["simulate", "--count", "100", "--data-dir", join(place.dataDir, "store"), "--json"]);
  const [create, keep, simulate, status] = prepare!.map((line) => argsOf(line, place.root, ""));
  await run(create!);
  await using stream = Program.start(keep!);
  await stream.err.waitForLine(/^Keeping the log/);
  await run(simulate!);
  await run(status!);
  const moment = await everythingKept(backups);
  await run(["simulate", "--count", "50", "--data-dir", join(place.dataDir, "store"), "--json"]);
  await everythingKept(backups);
  await loseDisk(stream, join(place.dataDir, "store"));

  const [plan, restored, list] = [restore![0]!, restore![1]!, restore![2]!].map((line) =>
    argsOf(line, place.root, moment)
  );
  assertMatch(
    (await run(plan!)).out,
    /^Restores the backup [\w.]+ to .*; what happened later, till .*, is lost\n$/,
  );
  const { ledger, timeline } = JSON.parse((await run([...restored!, "--json"])).out);
  assertEquals(ledger, { events: 400, cases: 400, last_position: 400, mailboxes: 0 });
  assertEquals(timeline, 2);
  assertEquals(JSON.parse((await run([...list!, "--json"])).out).cases.length, 20);

  const [position, verify, expire] = after!.map((line) => argsOf(line, place.root, moment));
  const { ledger: upTo, beyond } = JSON.parse((await run([...position!, "--json"])).out);
  assertEquals([upTo.events, beyond], [400, 0]);
  assertEquals(JSON.parse((await run([...verify!, "--json"])).out).ledger.events, 450);
  assertEquals(JSON.parse((await run([...expire!, "--json"])).out).removed, []);
});

/** Everything dies at once, and the files are gone. */
async function loseDisk(stream: Program, dataDir: string): Promise<void> {
  const pid = Number((await Deno.readTextFile(join(dataDir, "cluster/postmaster.pid"))).split("\n")[0]);
  Deno.kill(pid, "SIGKILL");
  await stream.kill9();
  await Deno.remove(dataDir, { recursive: true });
}
