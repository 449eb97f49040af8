/** Everything that befalls relays under load, and what has arrived nevertheless. @module */
import { shuffle } from "../../cases/seeded_ids.ts";
import type { Testbed } from "../testbed/testbed.ts";
import { pollUntil } from "../../faults/fault.ts";
import { partitionOf } from "../../../schema/partition.ts";
import { faultsOfArrivals } from "./arrivals.ts";
import { RelaySite } from "./relay_site.ts";
import type { Sender } from "./sender.ts";

/** Requests that the endpoint refuses, and as many whose answers it loses. */
const FAILED_REQUESTS = 2;

export class RelayRun {
  readonly problems: string[] = [];
  readonly #struck: string[] = [];
  #site: RelaySite | undefined;
  #sender: Sender | undefined;
  #owners = 1;

  get proof(): string | undefined {
    return this.#struck.length === 0 ? undefined : this.#struck.join(", then ");
  }

  /** One strike after the other, in the order of the seed, each once every relay has gone on since the last. */
  async play(testbed: Testbed, signal: AbortSignal): Promise<void> {
    const site = this.#site = await RelaySite.open(testbed);
    this.#sender = site.startSender("sender-1");
    const strikes = shuffle([
      () => this.#kill(site),
      () => this.#cutStore(site, signal),
      () => this.#loseAnswers(site, signal),
      () => this.#freeze(site, signal),
      ...site.nats === undefined ? [] : [() => this.#cutTarget(site, signal), () => this.#killTarget(site)],
    ], testbed.random);
    for (const strike of strikes) {
      if (!await this.#advance(site, site.names, signal)) return;
      this.#struck.push(await strike());
    }
  }

  /** Waits until what is stored by now was sent, and holds it against what is stored. Ends everything. */
  async judge({ reader }: Testbed): Promise<void> {
    const site = this.#site;
    if (site === undefined) return;
    try {
      const stored = await Array.fromAsync(reader.readAll());
      const last = Array.from({ length: reader.partitions }, () => 0);
      for (const { event, position } of stored) {
        last[partitionOf(event.correlation_id, reader.partitions)] = position;
      }
      if (this.problems.length === 0) {
        await pollUntil(() => site.isBehind(last), new AbortController().signal);
        this.problems.push(...await site.stopped());
      }
      const said = await this.#sender!.stop();
      if (said !== "") this.problems.push(`the relays: ${said}`);
      const known = await Array.fromAsync(reader.readAll());
      const idsOf = (events: typeof stored) => new Set(events.map(({ event }) => event.event_id));
      const expected = { stored: idsOf(stored), known: idsOf(known) };
      for (const [target, arrived] of Object.entries(await site.arrivals())) {
        this.problems.push(...faultsOfArrivals(target, arrived, expected));
      }
    } finally {
      await this.#sender?.kill();
      await site[Symbol.asyncDispose]();
    }
  }

  /** Resolves when each of these relays has sent more than now; false where one does not go on. */
  async #advance(site: RelaySite, names: readonly string[], signal: AbortSignal): Promise<boolean> {
    const before = await site.delivered();
    let behind: readonly string[] = names;
    let stopped: readonly string[] = [];
    await pollUntil(async () => {
      const now = await site.delivered();
      behind = names.filter((name) => (now[name] ?? 0) <= (before[name] ?? 0));
      stopped = await site.stopped();
      return behind.length === 0 || stopped.length > 0;
    }, signal);
    if (behind.length > 0) {
      this.problems.push(`the relays do not go on: ${[...behind, ...stopped].join(", ")}`);
    }
    return behind.length === 0;
  }

  async #kill(site: RelaySite): Promise<string> {
    const wasAlive = await this.#sender!.kill();
    if (!wasAlive) this.problems.push("the relays: their process had ended by itself");
    this.#sender = site.startSender(`sender-${this.#owners}`);
    return "the process was killed";
  }

  async #cutStore({ storeProxy }: RelaySite, signal: AbortSignal): Promise<string> {
    let broken = 0;
    await pollUntil(() => (broken = storeProxy.reset()) > 0, signal);
    return `${broken} connections to the store broke off`;
  }

  async #cutTarget({ natsProxy }: RelaySite, signal: AbortSignal): Promise<string> {
    await pollUntil(() => natsProxy!.reset() > 0, signal);
    return "the connection to the stream broke off";
  }

  async #killTarget({ nats }: RelaySite): Promise<string> {
    await nats!.kill9!();
    await nats!.start!();
    return "the server of the stream was killed";
  }

  async #loseAnswers({ endpoint }: RelaySite, signal: AbortSignal): Promise<string> {
    endpoint.fail(FAILED_REQUESTS);
    await pollUntil(() => !endpoint.isFailing, signal);
    return `the endpoint lost ${FAILED_REQUESTS} answers`;
  }

  /** Another process takes over what a frozen one has; the first wakes up, and is killed once it is known to have lost. */
  async #freeze(site: RelaySite, signal: AbortSignal): Promise<string> {
    const frozen = this.#sender!;
    frozen.freeze();
    this.#sender = site.startSender(`sender-${++this.#owners}`);
    try {
      // The file is locked until its writer wakes up.
      await this.#advance(site, site.names.filter((name) => name !== "file"), signal);
    } finally {
      frozen.thaw();
    }
    await this.#advance(site, site.names, signal);
    await frozen.kill();
    return "another process took over from a frozen one";
  }
}
