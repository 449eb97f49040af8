/**
 * Producers on JetStream: grants in a stream of their own, one message a producer, and names by the subject that permissions
 * bind. Whoever may publish on the subjects of the log is an owner of the store.
 * @module
 */
import {
  changed,
  type GrantChange,
  type Producer,
  type ProducerGrants,
} from "../../../schema/authority/grants.ts";
import { ANYONE, isReserved } from "../../../schema/authority/names.ts";
import { textOf, token } from "../../../schema/nats.ts";
import { grantsOf, type Producers, PRODUCERS_TRAIL, REFUSED } from "../../producers.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import type { ServerClock } from "../stream/server_clock.ts";
import type { AuditEntry } from "../../dead_letters.ts";
import { readAllOf } from "../stream/direct_get.ts";
import { grantSubject, producersStream } from "../../../schema/nats/producers.ts";

interface ProducersContext {
  readonly client: NatsClient;
  readonly stream: string;
  readonly clock: Pick<ServerClock, "now">;
  /** Makes an act durable in the trail. */
  record(act: Omit<AuditEntry, "at">): Promise<unknown>;
}

/** Grants that were read less than this ago hold for the next append. */
const KNOWN_FOR_MS = 1_000;
const MINUTE_MS = 60_000;

/** Who published on a subject: its last token behind the bare one, which a permission binds; the bare subject is anyone's. */
export function producerOf(subject: string, bare: string): Producer {
  const prefix = `${bare}.`;
  const name = subject.startsWith(prefix) ? textOf(subject.slice(prefix.length)) : ANYONE;
  return { name: isReserved(name) ? ANYONE : name, isOwner: false };
}

export class NatsProducers implements Producers {
  readonly #context: ProducersContext;
  readonly #sent = new Map<string, { readonly from: number; readonly count: number }>();
  #known: { readonly grants: readonly ProducerGrants[]; readonly at: number } | undefined;

  constructor(context: ProducersContext) {
    this.#context = context;
  }

  self(): Promise<Producer> {
    return Promise.resolve({ name: "owner", isOwner: true });
  }

  async list(): Promise<readonly ProducerGrants[]> {
    const { client, stream } = this.#context;
    const found = await readAllOf(client, producersStream(stream), grantSubject(stream, "*"));
    const grants = found.map(({ payload }) => JSON.parse(payload) as ProducerGrants | null);
    return grants.filter((each) => each !== null).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** For an append: as they were a second ago at most. */
  async known() {
    const now = performance.now();
    if (this.#known === undefined || now - this.#known.at > KNOWN_FOR_MS) {
      this.#known = { grants: await this.list(), at: now };
    }
    return grantsOf(this.#known.grants);
  }

  async change(name: string, change: GrantChange, act: { by: string; why: string }): Promise<ProducerGrants> {
    const before = (await this.list()).find((each) => each.name === name);
    const after = changed(before, name, change, { by: act.by, at: this.#now() });
    await this.#write(name, after);
    await this.record("producers_change", act.by, act.why);
    return after;
  }

  async forget(name: string, act: { by: string; why: string }): Promise<boolean> {
    if (!(await this.list()).some((each) => each.name === name)) return false;
    await this.#write(name, null);
    await this.record("producers_forget", act.by, act.why);
    return true;
  }

  async recordRefusal(why: string, by?: string): Promise<void> {
    await this.record(REFUSED, by ?? (await this.self()).name, why);
  }

  /** A line in the trail about a producer. */
  async record(act: string, by: string, why: string): Promise<void> {
    await this.#context.record({ act, by, why, caseId: PRODUCERS_TRAIL });
  }

  /** Counts what a producer sends within its minute, on this node. Returns why it is too much. */
  rateFault(name: string, perMinute: number | undefined, count = 1): string | undefined {
    if (perMinute === undefined) return undefined;
    const now = this.#context.clock.now();
    const before = this.#sent.get(name);
    const window = before === undefined || now - before.from >= MINUTE_MS ? { from: now, count: 0 } : before;
    this.#sent.set(name, { ...window, count: window.count + count });
    return window.count + count <= perMinute
      ? undefined
      : `${name} sends more than ${perMinute} events a minute`;
  }

  async #write(name: string, grants: ProducerGrants | null): Promise<void> {
    const { client, stream } = this.#context;
    parseAnswer(await client.request(grantSubject(stream, token(name)), JSON.stringify(grants)));
    this.#known = undefined;
  }

  #now(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }
}
