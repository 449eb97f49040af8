/** Everything that a nats-server has is lost at once with the nodes on it, and had back from a backup and its stream. @module */
import { join } from "node:path";
import type { Backend } from "../../../backends/backend.ts";
import { backUpStreams } from "../../../backends/nats/backup/create.ts";
import { restoreRecords } from "../../../backends/nats/backup/restore.ts";
import { streamRecords } from "../../../backends/nats/backup/stream.ts";
import { pollUntil } from "../../faults/fault.ts";
import { steadyNow } from "../node/control_protocol.ts";
import type { Testbed } from "../testbed/testbed.ts";

/** Behind the moment to which the store is restored aside, so many events come at least. */
const LATER_EVENTS = 10;

/** What was there when something was asked. */
interface Moment {
  /** By the clock of this process. */
  readonly at: number;
  readonly accepted: number;
}

export class NatsDiskLoss {
  effect: string | undefined;
  readonly problems: string[] = [];
  readonly #stop = new AbortController();
  #root: string | undefined;
  #streaming: Promise<void> | undefined;
  /** The newest moment that the stream has kept. */
  #newest = "";
  /** Before the round began that kept it: all of this is in it. */
  #kept: Moment | undefined;
  #next: Moment | undefined;

  async apply(testbed: Testbed, signal: AbortSignal): Promise<void> {
    const { server, producer } = testbed;
    this.#root = await Deno.makeTempDir({ prefix: "zaakstroom-lose-disk-" });
    await this.#backUp(testbed, signal);
    const [before, sent] = [
      [...producer.accepted],
      new Set([...producer.accepted, ...producer.unacknowledged]),
    ];
    const moment = new Date().toISOString().replace("Z", "000Z");
    const least = before.length + LATER_EVENTS;
    await pollUntil(() => producer.accepted.length >= least && this.#newest > moment, signal);
    const nodes = await testbed.killNodes();
    await server!.loseDisk!();
    this.#stop.abort();
    await this.#streaming;
    const { at, accepted } = this.#kept!;
    const acknowledged = [...producer.accepted];
    const kept = acknowledged.slice(0, accepted);
    const later = acknowledged.filter((id) => !sent.has(id));
    await this.#restoreMoment(testbed, moment, (ids) => this.#expect(moment, ids, before, later));
    const lost = await this.#restoreNewest(
      testbed,
      (ids) => this.#expect("the newest moment", ids, kept),
      at,
    );
    for (let n = 0; n < nodes; n++) await testbed.addNode(`restored-${n + 1}`);
    this.effect = `the disk was lost, with ${lost} of ${
      lost + producer.accepted.length
    } acknowledged events, which came after the last moment that was kept and were sent again`;
  }

  async cleanUp(): Promise<void> {
    this.#stop.abort();
    await this.#streaming?.catch(() => {});
    if (this.#root !== undefined) await Deno.remove(this.#root, { recursive: true });
  }

  async #backUp({ storeUrl, storeName, producer }: Testbed, signal: AbortSignal): Promise<void> {
    const options = { url: storeUrl!, stream: storeName! };
    const place = { options, to: join(this.#root!, "backups"), key: undefined };
    await backUpStreams({ ...place, label: "before the loss" });
    const onNewest = ({ at }: { readonly at: string }) => {
      [this.#kept, this.#next] = [this.#next, { at: steadyNow(), accepted: producer.accepted.length }];
      this.#newest = at;
    };
    this.#streaming = streamRecords({ ...place, signal: this.#stop.signal, onNotice() {}, onNewest });
    this.#streaming.catch((error) => this.problems.push(`the stream ended: ${error}`));
    await pollUntil(() => this.#kept !== undefined, signal);
  }

  async #restoreMoment(
    { server }: Testbed,
    at: string,
    examine: (ids: ReadonlySet<string>) => void,
  ): Promise<void> {
    await using aside = await server!.startAside!();
    await this.#restore(aside.url, { at }, examine);
  }

  /** Puts it in the place of what was lost. Returns how much had been acknowledged and is not there. */
  async #restoreNewest(
    testbed: Testbed,
    examine: (ids: ReadonlySet<string>) => void,
    keptAt: number,
  ): Promise<number> {
    const { server, producer, recorder } = testbed;
    await using aside = await server!.startAside!();
    let stored: ReadonlySet<string> = new Set();
    const { ledger } = await this.#restore(aside.url, {}, (ids) => examine(stored = ids));
    await server!.adoptDisk!(await aside.stop());
    await server!.start!();
    recorder.rollBack(keptAt, ledger.last_position);
    await testbed.reopen();
    return producer.sendAgain((id) => stored.has(id));
  }

  #restore(url: string, target: { at?: string }, examine: (ids: ReadonlySet<string>) => void) {
    const inspect = async (backend: Backend) => {
      const ids = new Set<string>();
      for await (const { event } of backend.readAll()) ids.add(event.event_id);
      examine(ids);
    };
    const from = join(this.#root!, "backups");
    return restoreRecords({
      from,
      key: undefined,
      target,
      options: { url },
      isAlone: true,
      inspect,
      onStep() {},
    });
  }

  /** All of these are there, and none of those. */
  #expect(
    moment: string,
    found: ReadonlySet<string>,
    ids: readonly string[],
    later: readonly string[] = [],
  ): void {
    const missing = ids.filter((id) => !found.has(id)).length;
    if (missing > 0) {
      this.problems.push(`restored to ${moment}, ${missing} of ${ids.length} events are missing`);
    }
    const late = later.filter((id) => found.has(id)).length;
    if (late > 0) this.problems.push(`restored to ${moment}, ${late} events are there that were sent later`);
  }
}
