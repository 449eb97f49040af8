/** Relays of a store to a file, an endpoint and, where there is a nats-server, a stream; and what has arrived there. @module */
import { join } from "node:path";
import type { Backend } from "../../../backends/backend.ts";
import { NatsClient } from "../../../backends/nats/connection/client.ts";
import { readSubject } from "../../../backends/nats/stream/direct_get.ts";
import { FaultProxy } from "../../proxy/fault_proxy.ts";
import { findNatsServer, startManagedNats } from "../testbed/nats_server.ts";
import type { ChaosServer } from "../testbed/server.ts";
import type { Testbed } from "../testbed/testbed.ts";
import { type Arrival, arrivalOf, firstOfEach, linesOf } from "./arrivals.ts";
import { HttpEndpoint } from "./http_endpoint.ts";
import { Sender } from "./sender.ts";
import { RELAY_PREFIX, RELAY_STREAM, type RelaysPlan } from "./sender_plan.ts";

/** How far each relay is, by its name. */
type Delivered = Readonly<Record<string, number>>;

export class RelaySite implements AsyncDisposable {
  readonly endpoint = new HttpEndpoint();
  readonly #folder = Deno.makeTempDirSync({ prefix: "zaakstroom-relay-cut-" });
  readonly #reader: Backend;
  readonly #plan: Omit<RelaysPlan, "owner">;

  private constructor(
    { server, storeName, nodeEntry, reader }: Testbed,
    readonly storeProxy: FaultProxy,
    readonly nats: ChaosServer | undefined,
    readonly natsProxy: FaultProxy | undefined,
  ) {
    this.#reader = reader;
    const url = server!.urlOf(storeName!, storeProxy.port);
    const targets = { file: this.#file, http: this.endpoint.url, nats: nats?.urlOf("", natsProxy!.port) };
    const { backend } = server!;
    this.#plan = { role: "relays", backend, url, stream: storeName!, entry: nodeEntry!, targets };
  }

  static async open(testbed: Testbed): Promise<RelaySite> {
    const program = await findNatsServer();
    const nats = program === undefined ? undefined : await startManagedNats(program, false);
    const proxy = nats && new FaultProxy(nats.target);
    return new RelaySite(testbed, new FaultProxy(testbed.server!.target), nats, proxy);
  }

  get names(): readonly string[] {
    return this.nats === undefined ? ["file", "http"] : ["file", "http", "stream"];
  }

  startSender(owner: string): Sender {
    return new Sender({ ...this.#plan, owner });
  }

  async delivered(): Promise<Delivered> {
    const entries = await this.#reader.relays.list();
    return Object.fromEntries(entries.map(({ name, record }) => [name, record.delivered]));
  }

  /** Why relays do not go on by themselves, each with its name. */
  async stopped(): Promise<string[]> {
    return (await this.#reader.relays.list()).filter(({ record }) => record.state !== "running")
      .map(({ name, record }) => `${name} stopped: ${record.why}`);
  }

  /** True when every relay is behind these positions, one for each partition. */
  async isBehind(positions: readonly number[]): Promise<boolean> {
    const entries = await this.#reader.relays.list();
    return entries.length === this.names.length &&
      entries.every(({ record }) => positions.every((position, i) => record.place[i]! >= position));
  }

  /** To the endpoint some came again, which it tells by their ids. */
  async arrivals(): Promise<Readonly<Record<string, readonly Arrival[]>>> {
    const lines = linesOf(await Deno.readTextFile(this.#file));
    return {
      file: lines.map((line) => arrivalOf(JSON.parse(line))),
      http: firstOfEach(this.endpoint.arrived),
      ...this.nats && { stream: await this.#messages() },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.storeProxy[Symbol.asyncDispose]();
    await this.natsProxy?.[Symbol.asyncDispose]();
    await this.nats?.[Symbol.asyncDispose]();
    await this.endpoint[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  get #file(): string {
    return join(this.#folder, "events.ndjson");
  }

  async #messages(): Promise<Arrival[]> {
    const client = await NatsClient.open({ url: this.nats!.urlOf("") });
    try {
      const messages = await Array.fromAsync(readSubject(client, RELAY_STREAM, `${RELAY_PREFIX}.>`));
      return messages.map(({ payload }) => arrivalOf(JSON.parse(payload)));
    } finally {
      await client.close();
    }
  }
}
