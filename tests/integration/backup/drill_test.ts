/** The drills of docs/how-to/backup.md, as they stand there: a store on a server of its own, its disk lost, and back. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { Program, type ProgramResult, run as runProgram } from "../../support/program.ts";
import { TestDirectory, waitUntil } from "../../support/servers/embedded_processes.ts";
import { findNatsServer } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const PAGE = new URL("../../../docs/how-to/backup.md", import.meta.url);
const MOMENT = "2026-11-30T19:47:00Z";
const POSITION = /^(400|1228800)$/;

/** What differs between stores. */
interface Store {
  readonly heading: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** In the directory of backups: the newest moment that was streamed. */
  readonly newest: string;
  /** In the directory of the store: its server's process. */
  readonly pidFile: string;
}

/** The command lines of a drill, each block a list. */
async function drillOf(heading: string): Promise<string[][]> {
  const text = await Deno.readTextFile(PAGE);
  const section = text.slice(text.indexOf(`\n## ${heading}\n`) + 1).split("\n## ")[0]!;
  return [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block!.trim().split("\n"));
}

/** A line of the page, with the places, the moment and the position of this test. */
function argsOf(line: string, root: string, moment = "", position = 0): string[] {
  const words = line.replace(/ &$/, "").split(" ").slice(1);
  return words.map((word) =>
    word === MOMENT
      ? moment
      : POSITION.test(word)
      ? String(position)
      : word.replace(/^\/(?=backups|data)/, `${root}/`)
  );
}

class Drill {
  readonly #backups: string;

  constructor(readonly place: TestDirectory, readonly store: Store) {
    this.#backups = join(place.root, "backups");
  }

  async run(args: readonly string[]): Promise<ProgramResult> {
    const result = await runProgram(args, { env: this.store.env });
    assertEquals(result.code, 0, `${args.join(" ")}: ${result.err}`);
    return result;
  }

  // deno-lint-ignore no-explicit-any
  async json(args: readonly string[]): Promise<any> {
    return JSON.parse((await this.run([...args, "--json"])).out);
  }

  async simulate(count: number): Promise<void> {
    const { place, store } = this;
    await this.json([
      ...["simulate", "--count", String(count), "--data-dir", join(place.dataDir, "store")],
      ...store.flags,
    ]);
  }

  /** Waits until everything up to now is kept, and answers a moment at which it was. */
  async everythingKept(): Promise<string> {
    const now = new Date().toISOString();
    const path = join(this.#backups, this.store.newest);
    const newest = () => Deno.readTextFile(path).then((text) => JSON.parse(text).at, () => "");
    await waitUntil(async () => await newest() > now);
    return now;
  }

  /** Everything dies at once, and the files are gone. */
  async loseDisk(stream: Program): Promise<void> {
    const dataDir = join(this.place.dataDir, "store");
    const pid = Number((await Deno.readTextFile(join(dataDir, this.store.pidFile))).split("\n")[0]);
    Deno.kill(pid, "SIGKILL");
    await stream.kill9();
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Events of 100 cases before the backup, 300 behind it and 50 behind the moment. */
async function drill(store: Store): Promise<void> {
  await using place = await TestDirectory.make("data");
  await Deno.mkdir(place.dataDir);
  await Deno.chmod(place.dataDir, 0o711);
  const drill = new Drill(place, store);
  const [prepare, restore, after] = await drillOf(store.heading);
  await drill.simulate(100);
  const [create, keep, simulate, status] = prepare!.map((line) => argsOf(line, place.root));
  await drill.run(create!);
  await using stream = Program.start(keep!, { env: store.env });
  await stream.err.waitForLine(/^Keeping the log/);
  await drill.run(simulate!);
  await drill.run(status!);
  const moment = await drill.everythingKept();
  await drill.simulate(50);
  await drill.everythingKept();
  await drill.loseDisk(stream);

  const [plan, whole, list] = restore!.map((line) => argsOf(line, place.root, moment));
  const { out } = await drill.run(plan!);
  assertMatch(out, /^Restores the backup [\w.]+ to .*; what happened later, till .*, is lost\n$/);
  const { ledger, timeline } = await drill.json(whole!);
  const { events, cases, last_position: last } = ledger;
  assertEquals([events, cases, timeline], [400, 400, 2]);
  assertEquals((await drill.json(list!)).cases.length, 20);
  await acceptOnce(drill, whole!);

  const [position, verify, expire] = after!.map((line) => argsOf(line, place.root, moment, last));
  const { ledger: upTo, beyond } = await drill.json(position!);
  assertEquals([upTo.events, upTo.last_position, beyond], [400, last, 0]);
  assertEquals((await drill.json(verify!)).ledger.events, 450);
  assertEquals((await drill.json(expire!)).removed, []);
}

/** What leaves the restored store waits until a person accepts it, of which the trail has a line. */
async function acceptOnce(drill: Drill, restore: readonly string[]): Promise<void> {
  const store = [...drill.store.flags, "--data-dir", restore[restore.indexOf("--data-dir") + 1]!];
  const { restoration, why } = await drill.json(["status", ...store]);
  assertMatch(
    why.at(-1),
    /^the store was restored from the backup .*: what leaves it waits until backup accept$/,
  );
  assertEquals(restoration.timeline, 2);
  const reason = ["--reason", "the receivers were told"];
  assertEquals((await drill.json(["backup", "accept", ...store, ...reason])).accepted, true);
  assertEquals((await drill.json(["status", ...store])).restoration, undefined);
}

Deno.test("the drill of the page: a store whose disk is lost is as it was at a moment, and nothing later is there", () =>
  drill({
    heading: "The drill",
    flags: [],
    env: {},
    newest: "wal/newest.json",
    pidFile: "cluster/postmaster.pid",
  }));

natsTest("the drill of the page on JetStream", async () =>
  await drill({
    heading: "The drill on JetStream",
    flags: ["--backend", "nats"],
    env: { NATS_SERVER: await findNatsServer() },
    newest: "records/newest.json",
    pidFile: "nats/server.pid",
  }));
