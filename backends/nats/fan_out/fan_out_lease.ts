/** Whose turn it is to copy: a key beside the leases, gone when it is not renewed. It spares work; the chain keeps the order. @module */
import { headers } from "@nats-io/transport-deno";
import { leaseBucket } from "../../../schema/nats.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { Conflict, isNotFound } from "../connection/errors.ts";

interface LeaseOptions {
  readonly client: NatsClient;
  /** The store's. */
  readonly stream: string;
  readonly node: string;
}

export class FanOutLease {
  readonly #options: LeaseOptions;
  readonly #stream: string;
  readonly #subject: string;
  #position = 0;

  constructor(options: LeaseOptions) {
    const bucket = leaseBucket(options.stream);
    this.#options = options;
    this.#stream = `KV_${bucket}`;
    this.#subject = `$KV.${bucket}.fan-out`;
  }

  /** Takes or renews it; false where another node has it. */
  async hold(): Promise<boolean> {
    const { node } = this.#options;
    if (await this.#put(node, this.#position)) return true;
    const found = await this.#read();
    if (found !== undefined && found.holder !== "" && found.holder !== node) return false;
    return await this.#put(node, found?.position ?? 0);
  }

  /** Gives it up; nothing where it is another node's by now. */
  async release(): Promise<void> {
    await this.#put("", this.#position);
    this.#position = 0;
  }

  /** The node that copies; null for none. */
  async holder(): Promise<string | null> {
    return (await this.#read())?.holder || null;
  }

  async #put(value: string, expected: number): Promise<boolean> {
    const set = headers();
    set.set("Nats-Expected-Last-Subject-Sequence", String(expected));
    if (value === "") set.set("KV-Operation", "DEL");
    try {
      const answer = await this.#options.client.request(this.#subject, value, set);
      this.#position = parseAnswer<{ seq: number }>(answer).seq;
      return true;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      return false;
    }
  }

  async #read(): Promise<{ readonly holder: string; readonly position: number } | undefined> {
    const query = { last_by_subj: this.#subject };
    try {
      const found = await this.#options.client.manage(({ streams }) =>
        streams.getMessage(this.#stream, query)
      );
      return found === null ? undefined : { holder: found.string(), position: found.seq };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
