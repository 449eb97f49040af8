/** Backups of a store on JetStream: its streams copied, damaged, and back on a server of their own. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { join } from "node:path";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, Program, type ProgramResult, run } from "../../support/program.ts";
import { TestDirectory, waitUntil } from "../../support/servers/embedded_processes.ts";
import { findNatsServer, startNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

natsTest(
  "streams are restored as they were copied, with all that was settled, and a damaged copy is refused",
  async () => {
    await using server = await startNats();
    await using place = await TestDirectory.make();
    const env = { NATS_SERVER: await findNatsServer() };
    const [backups, restored] = [join(place.root, "backups"), join(place.root, "restored")];
    const flags = ["--backend", "nats", "--url", server.url];
    const done = async (...args: string[]) => parsed(await run([...args, "--json"], { env }));

    await done("start", ...flags, "--count", "30", "--until-idle", "--port", "0");
    const { id } = await done("backup", "create", ...flags, "--to", backups);
    const events = (await done("backup", "verify", "--from", backups, "--restore")).ledger.events;
    await done("simulate", ...flags, "--count", "10");
    const { ledger } = await done("backup", "restore", "--from", backups, "--data-dir", restored);
    assertEquals([ledger.cases, ledger.events], [30, events]);
    const again = await done(
      "start",
      "--backend",
      "nats",
      "--data-dir",
      restored,
      "--until-idle",
      "--port",
      "0",
    );
    assertEquals([again.accepted, again.dead], [0, 0], "nothing was left to do");

    const file = join(backups, "base", id, "CASES_log.snapshot");
    const bytes = await Deno.readFile(file);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(file, bytes);
    const damaged = /CASES_log\.snapshot is damaged: it is not what was written/;
    assertRefused(await run(["backup", "verify", "--from", backups], { env }), exitCodes.failed, damaged);
    const target = ["backup", "restore", "--from", backups, "--data-dir"];
    const refused = await run([...target, join(place.root, "none")], { env });
    assertEquals([refused.code, damaged.test(refused.err)], [exitCodes.failed, true], refused.err);
    assertEquals(await Deno.stat(join(place.root, "none")).catch(() => "gone"), "gone");
    assertRefused(await run([...target, restored], { env }), exitCodes.inUse, /is not empty/);
  },
);

const INTAKE = { citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };

natsTest(
  "a stream that is killed goes on without a gap, and each moment is had back with what waited, who may send, and no event twice",
  async () => {
    await using server = await startNats();
    await using place = await TestDirectory.make();
    const env = { NATS_SERVER: await findNatsServer() };
    const [backups, key] = [join(place.root, "backups"), join(place.root, "key")];
    await Deno.writeTextFile(key, "0a".repeat(32), { mode: 0o600 });
    const flags = ["--backend", "nats", "--url", server.url];
    const kept = ["--key-file", key];
    const done = async (...args: string[]) => parsed(await run([...args, "--json"], { env }));
    const work = (...store: string[]) => done("start", ...store, "--until-idle", "--port", "0");
    const streaming = () => Program.start(["backup", "stream", ...flags, "--to", backups, ...kept], { env });
    const restore = (name: string, ...to: string[]) =>
      run([
        "backup",
        "restore",
        "--from",
        backups,
        ...kept,
        "--data-dir",
        join(place.root, name),
        ...to,
        "--json",
      ], {
        env,
      });
    const everythingKept = async () => {
      const now = new Date().toISOString();
      const path = join(backups, "records/newest.json");
      const newest = () => Deno.readTextFile(path).then((text) => JSON.parse(text).at, () => "");
      await waitUntil(async () => await newest() > now);
      return now;
    };

    await done("start", ...flags, "--count", "10", "--until-idle", "--port", "0");
    await done("backup", "create", ...flags, "--to", backups, ...kept);
    const killed = streaming();
    await killed.err.waitForLine(/^Keeping the log/);
    await done("producers", "allow", "portal", "case.intake", ...flags, "--reason", "it is known");
    await send(server.url, { case_id: "waiting", ...INTAKE });
    const waiting = await everythingKept();
    await killed.kill9();
    await done("simulate", ...flags, "--count", "5");
    await using stream = streaming();
    await stream.err.waitForLine(/^Keeping the log/);
    await work(...flags);
    await everythingKept();
    const { gap_free, problems } = await done("backup", "status", "--from", backups, ...kept);
    assertEquals([gap_free, problems], [true, []]);
    assertEquals((await done("backup", "verify", "--from", backups, ...kept)).files, 6);
    stream.signal("SIGTERM");
    assertEquals((await stream.ended()).code, 0);

    const then = parsed(await restore("then", "--at", waiting));
    assertEquals(then.ledger.cases, 10, "what waits is no case yet");
    const onThen = ["--backend", "nats", "--data-dir", join(place.root, "then")];
    assertMatch(
      (await run(["start", ...onThen, "--until-idle", "--port", "0"], { env })).err,
      /^The store was restored from the backup .*: what leaves it waits until backup accept$/m,
    );
    assertEquals((await done("cases", "list", ...onThen)).cases.length, 11, "what waited was taken in");
    const names = (await done("producers", "list", ...onThen)).producers.map(({ name }: { name: string }) =>
      name
    );
    assert(names.includes("portal"), names.join());

    const now = parsed(await restore("now"));
    assertEquals(now.ledger.cases, 16);
    const onNow = ["--backend", "nats", "--data-dir", join(place.root, "now")];
    await work(...onNow);
    assertEquals((await done("cases", "list", ...onNow)).cases.length, 16, "nothing is taken in twice");

    const late = await restore("late", "--at", "2100-01-01T00:00:00Z");
    assertRefused(late, exitCodes.notFound, /No backup leads to 2100.*: what can be restored is .* to .*Z/);
    const none = await restore("none", "--at-position", String(now.ledger.last_position + 4_000));
    assertRefused(none, exitCodes.notFound, /No (event has|backup leads to) position/);

    const file = join(backups, "records/000002.records");
    await Deno.truncate(file, (await Deno.stat(file)).size - 10);
    const cut = /000002\.records is damaged/;
    const verified = await run(["backup", "verify", "--from", backups, ...kept], { env });
    assertRefused(verified, exitCodes.failed, cut);
    const refused = await restore("cut");
    assertEquals([refused.code, cut.test(refused.err)], [exitCodes.failed, true], refused.err);
    assertEquals(await Deno.stat(join(place.root, "cut")).catch(() => "none"), "none", "nothing was made");
  },
);

/** Leaves an event without an id on the ingest subject, as any producer. */
async function send(url: string, event: unknown): Promise<void> {
  const connection = await connect({ servers: url });
  await connection.request("cases.ingest", JSON.stringify(event));
  await connection.close();
}

// deno-lint-ignore no-explicit-any
function parsed({ code, out, err }: ProgramResult): any {
  assertEquals(code, 0, err);
  return JSON.parse(out);
}
