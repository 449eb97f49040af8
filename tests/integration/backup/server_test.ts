/** Backups of a PostgreSQL server over its network: moments, positions, and what is damaged, killed, missing or refused. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { setUpPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { TestDirectory, waitUntil } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
let url: string;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  url = await server.freshStore(4);
  await server.administer("create role backup login replication");
  await server.administer(
    "grant usage on schema zaakstroom to backup; grant select on sequence zaakstroom.events_position_seq to backup",
    url,
  );
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** As the role that backs up and may do nothing else. */
const asBackup = () => url.replace("postgres@", "backup@");

const INTAKE = { citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };
let cases = 0;

/** Stores events of new cases in one transaction. */
async function publish(count: number): Promise<void> {
  const lines = Array.from(
    { length: count },
    () => JSON.stringify({ case_id: `case-${++cases}`, ...INTAKE }),
  );
  const { code, err } = await run(["publish", "-", "--url", url], { stdin: lines.join("\n") });
  assertEquals(code, 0, err);
}

async function backedUp(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await runHere(["backup", ...args, "--json"]);
  assertEquals(code, 0, err);
  return JSON.parse(out);
}

const create = (to: string, ...more: string[]) =>
  backedUp("create", "--to", to, "--url", asBackup(), ...more);

/** Keeps the log in a directory; ends with the test. */
async function streaming(to: string): Promise<Program> {
  const program = Program.start(["backup", "stream", "--to", to, "--url", asBackup()]);
  await program.err.waitForLine(/^Keeping the log/);
  return program;
}

/** Waits until everything up to now is kept, and answers such a moment. */
async function everythingKept(backups: string): Promise<string> {
  const now = new Date().toISOString();
  const newest = () =>
    Deno.readTextFile(join(backups, "wal/newest.json")).then((text) => JSON.parse(text).at);
  await waitUntil(async () => await newest() > now);
  return now;
}

async function restored(
  place: TestDirectory,
  ...args: string[]
): Promise<{ events: number; last_position: number }> {
  const dataDir = join(place.root, crypto.randomUUID());
  const { ledger } = await backedUp("restore", "--data-dir", dataDir, ...args);
  await Deno.remove(dataDir, { recursive: true });
  return ledger as { events: number; last_position: number };
}

Deno.test("a role with REPLICATION backs a server up, and each moment and position of the stream is had back", async () => {
  await using place = await TestDirectory.make();
  const backups = join(place.root, "backups");
  await publish(3);
  const made = await create(backups, "--label", "first");
  await using stream = await streaming(backups);
  await publish(2);
  const moment = await everythingKept(backups);
  await publish(4);
  await everythingKept(backups);
  const before = made.position as number;
  assertEquals((await restored(place, "--from", backups)).last_position, before + 6);
  assertEquals((await restored(place, "--from", backups, "--at", moment)).last_position, before + 2);
  const cut = await restored(place, "--from", backups, "--at-position", String(before + 1));
  assertEquals(cut.last_position, before + 2, "the transaction of the position is whole");
  await stopped(stream);
});

/** It ends in order, and its slot is removed. */
async function stopped(stream: Program): Promise<void> {
  stream.signal("SIGTERM");
  assertEquals((await stream.ended()).code, 0);
  const dropped = await runHere(["backup", "stream", "--drop-slot", "--url", asBackup()]);
  assertEquals([dropped.code, dropped.out], [0, "Removed the slot zaakstroom_backup"]);
}

Deno.test("a stream that is killed goes on where it was, and leaves no gap", async () => {
  await using place = await TestDirectory.make();
  const backups = join(place.root, "backups");
  await create(backups);
  const killed = await streaming(backups);
  await publish(2);
  await everythingKept(backups);
  await killed.kill9();
  await publish(5);
  // A file of the log is filled meanwhile.
  await server.administer("select pg_switch_wal()");
  await publish(1);
  await using stream = await streaming(backups);
  await everythingKept(backups);
  const status = await backedUp("status", "--from", backups, "--url", asBackup());
  assertEquals([status.gap_free, status.problems], [true, []]);
  assertEquals((await restored(place, "--from", backups)).events, cases);
  await stopped(stream);
});

Deno.test("a create that is killed leaves no backup, and the next one removes what it left", async () => {
  await using place = await TestDirectory.make();
  const backups = join(place.root, "backups");
  const bases = () => Array.fromAsync(Deno.readDir(join(backups, "base"))).catch(() => []);
  const program = Program.start(["backup", "create", "--to", backups, "--url", asBackup()]);
  await waitUntil(async () => (await bases()).length > 0);
  await program.kill9();
  assertMatch((await bases())[0]!.name, /\.new-/);
  assertEquals((await backedUp("list", "--from", backups)).backups, []);
  const refused = await runHere([
    "backup",
    "restore",
    "--from",
    backups,
    "--data-dir",
    join(place.root, "new"),
  ]);
  assertRefused(refused, exitCodes.notFound, /^There is no backup to restore from$/);
  const { id } = await create(backups);
  assertEquals((await bases()).map(({ name }) => name), [id]);
});

Deno.test("what is damaged, cut, missing, under another key or of another server is refused in one line each", async () => {
  await using place = await TestDirectory.make();
  const backups = join(place.root, "backups");
  const [key, other] = [join(place.root, "key"), join(place.root, "other")];
  await Deno.writeTextFile(key, "0a".repeat(32), { mode: 0o600 });
  await Deno.writeTextFile(other, "0b".repeat(32), { mode: 0o600 });
  const { id } = await create(backups, "--key-file", key);
  const base = join(backups, "base", id as string);
  const target = ["--from", backups, "--data-dir", join(place.root, "new")];
  const restore = (...more: string[]) => runHere(["backup", "restore", ...target, ...more]);
  const verify = (file: string) => runHere(["backup", "verify", "--from", backups, "--key-file", file]);

  assertEquals((await verify(key)).code, 0);
  assertRefused(await verify(other), exitCodes.unusable, /were made with another key than this one$/);
  assertRefused(await restore(), exitCodes.unusable, /are encrypted: name the key with --key-file$/);
  for (const [name, harm] of Object.entries(harms)) {
    const path = name === "wal"
      ? join(base, "wal", await firstIn(join(base, "wal")))
      : join(base, "base.tar");
    await Deno.copyFile(path, join(place.root, "whole"));
    await harm(path);
    const message = name === "wal"
      ? /^A file of the backup is missing: /
      : /base\.tar is damaged: it is not what was written/;
    assertRefused(await verify(key), exitCodes.failed, message);
    const refused = await restore("--key-file", key);
    assertEquals(
      [refused.code, message.test(refused.err.split("\n").at(-1)!)],
      [exitCodes.failed, true],
      refused.err,
    );
    assertEquals(await Deno.stat(join(place.root, "new/cluster")).catch(() => "none"), "none");
    await Deno.rename(join(place.root, "whole"), path);
  }
  assertEquals((await verify(key)).code, 0);
  const restored = await restore("--key-file", key);
  assertEquals(restored.code, 0, `what the refused ones left is in nobody's way: ${restored.err}`);
});

const harms: Record<string, (path: string) => Promise<void>> = {
  byte: async (path) => {
    using file = await Deno.open(path, { read: true, write: true });
    await file.seek(5_000_000, Deno.SeekMode.Start);
    const byte = new Uint8Array(1);
    await file.read(byte);
    await file.seek(5_000_000, Deno.SeekMode.Start);
    await file.write(Uint8Array.of(byte[0]! ^ 1));
  },
  cut: (path) => Deno.truncate(path, 5_000_000),
  wal: (path) => Deno.remove(path),
};

async function firstIn(directory: string): Promise<string> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).toSorted()[0]!;
}

Deno.test("a moment, a position and a directory that won't do are refused at once, and so is a role that may not", async () => {
  await using place = await TestDirectory.make();
  const backups = join(place.root, "backups");
  const made = await create(backups);
  const restore = (...more: string[]) => runHere(["backup", "restore", "--from", backups, ...more]);
  const into = ["--data-dir", join(place.root, "new")];
  const range = new RegExp(`can be restored is ${made.restorable_from} to ${made.restorable_to}$`);
  assertRefused(await restore(...into, "--at", "2020-01-01T00:00:00Z"), exitCodes.notFound, range);
  assertRefused(await restore(...into, "--at", "2100-01-01T00:00:00Z"), exitCodes.notFound, range);
  assertRefused(
    await restore(...into, "--at-position", "1"),
    exitCodes.notFound,
    /No backup leads to position 1/,
  );
  assertRefused(
    await restore("--data-dir", backups),
    exitCodes.inUse,
    /is not empty: restore into a new directory$/,
  );
  assertRefused(await restore(...into, "--at", "yesterday"), exitCodes.usage, /must be a time such as/);
  assert(!await Deno.stat(join(place.root, "new")).then(() => true, () => false), "nothing was made");

  await server.administer("create role reader login");
  const reader = ["backup", "create", "--to", backups, "--url", url.replace("postgres@", "reader@")];
  assertRefused(
    await runHere(reader),
    exitCodes.unusable,
    /refuses a backup to this role .*grant it REPLICATION/,
  );
  await using another = await startPostgres({ fsync: false });
  await setUpPostgres({ url: another.url });
  const wrong = await runHere(["backup", "create", "--to", backups, "--url", another.url]);
  assertRefused(wrong, exitCodes.unusable, /holds backups of another server/);
});
