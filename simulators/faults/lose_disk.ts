/** Everything that a server has is lost at once, and had back from a backup. @module */
import { join } from "node:path";
import postgres from "postgres";
import { createBackup } from "../../backends/postgres/backup/create.ts";
import { restoreBackup } from "../../backends/postgres/backup/restore.ts";
import { streamBackup } from "../../backends/postgres/backup/stream.ts";
import type { Testbed } from "../chaos/testbed/testbed.ts";
import { NatsDiskLoss } from "../chaos/recovery/nats_disk_loss.ts";
import { type Fault, pollUntil } from "./fault.ts";

const SLOT = "zaakstroom_backup";
/** Behind the moment to which the store is restored aside, so many events come at least. */
const LATER_EVENTS = 10;

export const loseDisk: Fault = {
  does:
    "kills the server, removes its data, and restores them from a backup and its stream, to a moment and to the newest",
  testbed() {
    let loss: DiskLoss | NatsDiskLoss = new DiskLoss();
    return {
      needs: "own_server",
      // On JetStream the nodes go with the disk, and others start.
      signs: ["backend_away", "node_start"],
      apply(testbed, signal) {
        if (testbed.server!.backend === "nats") loss = new NatsDiskLoss();
        return loss.apply(testbed, signal);
      },
      heal: () => loss.cleanUp(),
      tookEffect: () => loss.effect,
      problems: () => loss.problems,
    };
  },
};

/** Where a restored server is reached. */
type Target = Parameters<NonNullable<Parameters<typeof restoreBackup>[0]["inspect"]>>[0];

class DiskLoss {
  effect: string | undefined;
  readonly problems: string[] = [];
  readonly #stop = new AbortController();
  #root: string | undefined;
  #streaming: Promise<void> | undefined;
  /** The newest moment that the stream has kept. */
  #newest = "";

  async apply(testbed: Testbed, signal: AbortSignal): Promise<void> {
    const { server, producer } = testbed;
    this.#root = await Deno.makeTempDir({ prefix: "zaakstroom-lose-disk-" });
    // As root the server runs as another user, who must pass.
    await Deno.chmod(this.#root, 0o711);
    await this.#backUp(testbed, signal);
    const [before, moment] = [[...producer.accepted], new Date().toISOString().replace("Z", "000Z")];
    const least = before.length + LATER_EVENTS;
    await pollUntil(() => producer.accepted.length >= least && this.#newest > moment, signal);
    await server!.loseDisk!();
    const acknowledged = [...producer.accepted];
    this.#stop.abort();
    await this.#streaming;
    await this.#restore("moment", moment, (target) => this.#expect(target, before, moment));
    await this.#restore("newest", undefined, (target) => this.#expect(target, acknowledged, undefined));
    await server!.adoptDisk!(join(this.#root, "newest/cluster"));
    await server!.start!();
    this.effect =
      `the disk was lost; ${acknowledged.length} acknowledged events were looked for in what was restored`;
  }

  async cleanUp(): Promise<void> {
    this.#stop.abort();
    await this.#streaming?.catch(() => {});
    if (this.#root !== undefined) await Deno.remove(this.#root, { recursive: true });
  }

  /** Streams, backs up, and has the server acknowledge only what is kept elsewhere too. */
  async #backUp({ storeUrl: url }: Testbed, signal: AbortSignal): Promise<void> {
    const place = { target: { url: url! }, to: join(this.#root!, "backups"), key: undefined };
    const stop = this.#stop.signal;
    const onNewest = ({ at }: { readonly at: string }) => void (this.#newest = at);
    this.#streaming = streamBackup({ ...place, slot: SLOT, signal: stop, onNotice() {}, onNewest });
    this.#streaming.catch((error) => this.problems.push(`the stream ended: ${error}`));
    await pollUntil(() => this.#newest !== "", signal);
    await createBackup({ ...place, label: "before the loss" });
    const sql = postgres(url!, { max: 1, onnotice() {} });
    try {
      await sql.unsafe(`alter system set synchronous_standby_names = '${SLOT}'`);
      await sql`select pg_reload_conf()`;
      await pollUntil(
        async () => (await sql`select from pg_stat_replication where sync_state = 'sync'`).length > 0,
        signal,
      );
    } finally {
      await sql.end();
    }
  }

  async #restore(
    name: string,
    at: string | undefined,
    inspect: (target: Target) => Promise<void>,
  ): Promise<void> {
    await restoreBackup({
      from: join(this.#root!, "backups"),
      key: undefined,
      target: { at },
      dataDir: join(this.#root!, name),
      isDiscarded: at !== undefined,
      inspect,
      onStep() {},
      onBytes() {},
    });
  }

  /** All of these are there, and none that was stored behind the moment. */
  async #expect(
    { host, port, user, database }: Target,
    ids: readonly string[],
    moment: string | undefined,
  ): Promise<void> {
    const sql = postgres({ host: host!, port: port!, user: user!, database: database!, max: 1 });
    try {
      const rows = await sql<{ id: string; late: boolean }[]>`
        select event_id::text as id, recorded_at > ${
        moment ?? "infinity"
      }::text::timestamptz as late from zaakstroom.events`;
      const found = new Set(rows.map(({ id }) => id));
      const missing = ids.filter((id) => !found.has(id)).length;
      const late = rows.filter((row) => row.late).length;
      const what = `restored to ${moment ?? "the newest moment"}`;
      if (missing > 0) {
        this.problems.push(`${what}, ${missing} of ${ids.length} acknowledged events are missing`);
      }
      if (late > 0) this.problems.push(`${what}, ${late} events are there that were stored later`);
    } finally {
      await sql.end();
    }
  }
}
