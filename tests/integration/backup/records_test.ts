/** The stream of records of a store on JetStream: killed, continued, encrypted, restored to moments, and cut. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { jetstreamManager } from "@nats-io/jetstream";
import { join } from "node:path";
import { BackendUnusable } from "../../../backends/errors.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { setUpNats } from "../../../backends/nats/setup/options.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, Program, type ProgramResult, run } from "../../support/program.ts";
import { TestDirectory, waitUntil } from "../../support/servers/embedded_processes.ts";
import { findNatsServer, startNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const INTAKE = { citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };

/** A store on a server, and its backups under a key. */
class BackedUp {
  readonly flags: readonly string[];
  readonly backups: string;
  readonly #key: readonly string[];

  constructor(readonly place: TestDirectory, readonly url: string, readonly env: Record<string, string>) {
    this.flags = ["--backend", "nats", "--url", url];
    this.backups = join(place.root, "backups");
    this.#key = ["--key-file", join(place.root, "key")];
  }

  // deno-lint-ignore no-explicit-any
  async done(...args: string[]): Promise<any> {
    const { code, out, err } = await run([...args, "--json"], { env: this.env });
    assertEquals(code, 0, `${args.join(" ")}: ${err}`);
    return JSON.parse(out);
  }

  async stream(): Promise<Program> {
    const args = ["backup", "stream", ...this.flags, "--to", this.backups, ...this.#key];
    const program = Program.start(args, { env: this.env });
    await program.err.waitForLine(/^Keeping the log/);
    return program;
  }

  /** A command on the backups. */
  about(verb: string, ...more: string[]): Promise<ProgramResult> {
    return run(["backup", verb, "--from", this.backups, ...this.#key, ...more], { env: this.env });
  }

  create(): Promise<unknown> {
    return this.done("backup", "create", ...this.flags, "--to", this.backups, ...this.#key);
  }

  async restored(name: string, ...to: string[]) {
    const { code, out, err } = await this.about("restore", "--data-dir", this.#at(name), ...to, "--json");
    assertEquals(code, 0, err);
    return { ...JSON.parse(out), flags: ["--backend", "nats", "--data-dir", this.#at(name)] };
  }

  restore(name: string, ...to: string[]): Promise<ProgramResult> {
    return this.about("restore", "--data-dir", this.#at(name), ...to);
  }

  #at(name: string): string {
    return join(this.place.root, name);
  }

  /** Waits until everything up to now is kept, and answers a moment at which it was. */
  async everythingKept(): Promise<string> {
    const now = new Date().toISOString();
    const path = join(this.backups, "records/newest.json");
    const newest = () => Deno.readTextFile(path).then((text) => JSON.parse(text).at, () => "");
    await waitUntil(async () => await newest() > now);
    return now;
  }

  /** Lets a node do what there is to do. Returns what it says. */
  async work(flags: readonly string[]): Promise<string> {
    const { code, err } = await run(["start", ...flags, "--until-idle", "--port", "0"], { env: this.env });
    assertEquals(code, 0, err);
    return err;
  }

  async cases(flags: readonly string[]): Promise<number> {
    return (await this.done("cases", "list", ...flags)).cases.length;
  }
}

natsTest(
  "a stream that is killed goes on without a gap, and each moment is had back with what waited, who may send, and no event twice",
  async () => {
    await using server = await startNats();
    await using place = await TestDirectory.make();
    await Deno.writeTextFile(join(place.root, "key"), "0a".repeat(32), { mode: 0o600 });
    const store = new BackedUp(place, server.url, { NATS_SERVER: await findNatsServer() });
    const waiting = await streamThroughKill(store);
    await restoreWhatWaited(store, waiting);
    const last = await restoreNewest(store);
    await refuseWhatCannotBe(store, last);
  },
);

natsTest(
  "a store that was not restored to its end is refused, by nodes and by whoever looks at it",
  async () => {
    await using server = await startNats();
    await setUpNats({ url: server.url }, false);
    const connection = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(connection);
    const { config: { metadata } } = await streams.info("CASES_log");
    await streams.update("CASES_log", { metadata: { ...metadata, "zaakstroom.restoring": "1" } });
    await connection.close();
    await assertRejects(() => openNats({ url: server.url }), BackendUnusable, "was not restored to its end");
  },
);

/** Ten cases in the backup; one that waits, when the stream is killed; five behind it. Returns when the one waited. */
async function streamThroughKill(store: BackedUp): Promise<string> {
  const { flags } = store;
  await store.done("start", ...flags, "--count", "10", "--until-idle", "--port", "0");
  await store.create();
  const killed = await store.stream();
  await store.done("producers", "allow", "portal", "case.intake", ...flags, "--reason", "it is known");
  await send(store.url, { case_id: "waiting", ...INTAKE });
  const waiting = await store.everythingKept();
  await killed.kill9();
  await store.done("simulate", ...flags, "--count", "5");
  await using stream = await store.stream();
  await store.work(flags);
  await store.everythingKept();
  const { gap_free, problems } = JSON.parse((await store.about("status", "--json")).out);
  assertEquals([gap_free, problems], [true, []]);
  assertEquals(JSON.parse((await store.about("verify", "--json")).out).files, 6);
  stream.signal("SIGTERM");
  assertEquals((await stream.ended()).code, 0);
  return waiting;
}

async function restoreWhatWaited(store: BackedUp, waiting: string): Promise<void> {
  const then = await store.restored("then", "--at", waiting);
  assertEquals(then.ledger.cases, 10, "what waits is no case yet");
  const said = await store.work(then.flags);
  assertMatch(said, /^The store was restored from the backup .*: what leaves it waits until backup accept$/m);
  assertEquals(await store.cases(then.flags), 11, "what waited was taken in");
  const { producers } = await store.done("producers", "list", ...then.flags);
  assert(producers.some(({ name }: { name: string }) => name === "portal"), "a grant came along");
}

async function restoreNewest(store: BackedUp): Promise<number> {
  const { ledger, flags } = await store.restored("now");
  assertEquals(ledger.cases, 16);
  await store.work(flags);
  assertEquals(await store.cases(flags), 16, "nothing is taken in twice");
  return ledger.last_position;
}

async function refuseWhatCannotBe(store: BackedUp, last: number): Promise<void> {
  const late = await store.restore("late", "--at", "2100-01-01T00:00:00Z");
  assertRefused(late, exitCodes.notFound, /No backup leads to 2100.*: what can be restored is .* to .*Z$/);
  const none = await store.restore("none", "--at-position", String(last + 4_000));
  assertRefused(none, exitCodes.notFound, /No (event has|backup leads to) position/);
  const file = join(store.backups, "records/000002.records");
  await Deno.truncate(file, (await Deno.stat(file)).size - 10);
  const cut = /000002\.records is damaged/;
  assertRefused(await store.about("verify"), exitCodes.failed, cut);
  const refused = await store.restore("cut");
  assertEquals([refused.code, cut.test(refused.err)], [exitCodes.failed, true], refused.err);
  assertEquals(
    await Deno.stat(join(store.place.root, "cut")).catch(() => "none"),
    "none",
    "nothing was made",
  );
}

/** Leaves an event without an id on the ingest subject, as any producer. */
async function send(url: string, event: unknown): Promise<void> {
  const connection = await connect({ servers: url });
  await connection.request("cases.ingest", JSON.stringify(event));
  await connection.close();
}
