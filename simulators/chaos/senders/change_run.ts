/** Everything that befalls a stream of changes under load, and which rows it has written nevertheless. @module */
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { shuffle } from "../../cases/seeded_ids.ts";
import { pollUntil } from "../../faults/fault.ts";
import { FaultProxy } from "../../proxy/fault_proxy.ts";
import type { Testbed } from "../testbed/testbed.ts";
import { type Arrival, faultsOfArrivals, linesOf } from "./arrivals.ts";
import { Sender } from "./sender.ts";

const SLOT = "chaos_cdc";

/** A line of the file: of the key and the value, what is judged. */
interface ChangeLine {
  readonly value: { readonly after: Readonly<Record<"event_id" | "case_id" | "version", string>> };
}

export class ChangeRun {
  readonly problems: string[] = [];
  readonly #struck: string[] = [];
  readonly #folder = Deno.makeTempDirSync({ prefix: "zaakstroom-cdc-cut-" });
  #proxy: FaultProxy | undefined;
  #sender: Sender | undefined;
  #sql: Sql | undefined;

  get proof(): string | undefined {
    return this.#struck.length === 0 ? undefined : this.#struck.join(", then ");
  }

  /** One strike after the other, in the order of the seed, each once the stream has gone on since the last. */
  async play(testbed: Testbed, signal: AbortSignal): Promise<void> {
    await this.#decodeLog(testbed);
    this.#proxy = new FaultProxy(testbed.server!.target);
    this.#sender = this.#start(testbed);
    const strikes = shuffle([
      () => this.#killSender(testbed),
      () => this.#killWalsender(signal),
      () => this.#cut(signal),
      () => this.#killServer(testbed),
    ], testbed.random);
    for (const strike of strikes) {
      if (!await this.#advance(signal)) return;
      this.#struck.push(await strike());
    }
  }

  /** Waits until what is stored by now was written, and holds it against what is stored. Ends everything. */
  async judge({ reader }: Testbed): Promise<void> {
    const sql = this.#sql;
    try {
      if (sql === undefined) return;
      const stored = await Array.fromAsync(reader.readAll());
      const [{ end }] = await sql<[{ end: string }]>`select pg_current_wal_lsn()::text as end`;
      if (this.problems.length === 0) {
        await pollUntil(() => this.#isBehind(sql, end), new AbortController().signal);
      }
      const said = await this.#sender!.stop();
      if (said !== "") this.problems.push(`the stream of changes: ${said}`);
      const known = await Array.fromAsync(reader.readAll());
      const idsOf = (events: typeof stored) => new Set(events.map(({ event }) => event.event_id));
      const arrived = linesOf(await Deno.readTextFile(this.#file)).map(arrivalOf);
      const expected = { stored: idsOf(stored), known: idsOf(known) };
      this.problems.push(...faultsOfArrivals("file", arrived, expected));
    } finally {
      await this.#sender?.kill();
      await this.#proxy?.[Symbol.asyncDispose]();
      await sql?.end({ timeout: 5 });
      await Deno.remove(this.#folder, { recursive: true });
    }
  }

  get #file(): string {
    return join(this.#folder, "changes.ndjson");
  }

  /** A server decodes its log only from a start on. */
  async #decodeLog({ server, storeUrl }: Testbed): Promise<void> {
    const sql = this.#sql = postgres(storeUrl!, { max: 1, onnotice() {} });
    await sql.unsafe("alter system set wal_level = logical");
    await server!.kill9!();
    await server!.start!();
  }

  #start({ server, storeName, nodeEntry }: Testbed): Sender {
    const url = server!.urlOf(storeName!, this.#proxy!.port);
    return new Sender({ role: "changes", url, slot: SLOT, to: this.#file, entry: nodeEntry! });
  }

  /** The slot says how far the file is. A server that is starting says nothing. */
  async #isBehind(sql: Sql, lsn: string): Promise<boolean> {
    const rows = await sql`select from pg_replication_slots where slot_name = ${SLOT}
      and confirmed_flush_lsn >= ${lsn}::text::pg_lsn`.catch(() => []);
    return rows.length > 0;
  }

  /** Resolves when more was written than now; false where nothing is. */
  async #advance(signal: AbortSignal): Promise<boolean> {
    const size = () => Deno.stat(this.#file).then(({ size }) => size, () => 0);
    const before = await size();
    let isLarger = false;
    await pollUntil(async () => isLarger = await size() > before, signal);
    if (!isLarger) this.problems.push(`the stream of changes does not go on, after: ${this.proof}`);
    return isLarger;
  }

  async #killSender(testbed: Testbed): Promise<string> {
    const wasAlive = await this.#sender!.kill();
    if (!wasAlive) this.problems.push("the stream of changes: its process had ended by itself");
    await pollUntil(() => this.#terminate(), new AbortController().signal);
    this.#sender = this.#start(testbed);
    return "the process was killed";
  }

  async #killWalsender(signal: AbortSignal): Promise<string> {
    await pollUntil(() => this.#terminate(), signal);
    return "the walsender was ended";
  }

  /** True once no process of the server has the slot. */
  async #terminate(): Promise<boolean> {
    const ended = await this.#sql!`select pg_terminate_backend(active_pid, 1000) from pg_replication_slots
      where slot_name = ${SLOT} and active`.catch(() => undefined);
    return ended !== undefined;
  }

  async #cut(signal: AbortSignal): Promise<string> {
    let broken = 0;
    await pollUntil(() => (broken = this.#proxy!.reset()) > 0, signal);
    return `${broken} connections broke off`;
  }

  async #killServer({ server }: Testbed): Promise<string> {
    await server!.kill9!();
    await server!.start!();
    return "the server was killed";
  }
}

function arrivalOf(line: string): Arrival {
  const { after: { event_id: id, case_id: caseId, version } } = (JSON.parse(line) as ChangeLine).value;
  return { id, caseId, version: Number(version) };
}
