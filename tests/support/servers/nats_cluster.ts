/** A cluster of three nats-servers on the loopback, whose members are killed and started again. @module */
import { connect, type NatsConnection } from "@nats-io/transport-deno";
import { freePort, startNats, type TestNats } from "./nats_server.ts";

/** Three servers that hold each message together. */
export interface TestCluster {
  /** All of them, as one connection string. */
  readonly url: string;
  readonly members: readonly Member[];
  /** Whoever leads a stream now. */
  leaderOf(stream: string): Promise<Member>;
  /** Resolves when every replica of a stream is current. */
  settled(stream: string): Promise<void>;
  /** Stops them, where they run, and removes everything. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** One of the servers, by the name under which the others know it. */
export interface Member {
  readonly name: string;
  readonly server: TestNats;
}

const SERVERS = 3;
const POLL_MS = 20;

/** Starts a cluster, and waits until it takes streams of three replicas. */
export async function startNatsCluster(options: { syncAlways?: boolean } = {}): Promise<TestCluster> {
  const { syncAlways = false } = options;
  const routes = Array.from({ length: SERVERS }, freePort);
  const members = await Promise.all(routes.map(async (route, i) => {
    const name = `member-${i}`;
    return { name, server: await startNats({ syncAlways, config: memberConfig(name, route, routes) }) };
  }));
  const cluster = new Cluster(members);
  await cluster.ready();
  return cluster;
}

function memberConfig(name: string, own: number, routes: readonly number[]): string {
  const urls = routes.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  return `server_name: ${name}\ncluster { name: zaakstroom, listen: "127.0.0.1:${own}", routes: [${urls}] }`;
}

class Cluster implements TestCluster {
  constructor(readonly members: readonly Member[]) {}

  get url(): string {
    return this.members.map(({ server }) => server.url).join(",");
  }

  async leaderOf(stream: string): Promise<Member> {
    const { leader } = await this.#poll(stream, ({ leader }) => leader !== undefined);
    return this.members.find(({ name }) => name === leader)!;
  }

  async settled(stream: string): Promise<void> {
    await this.#poll(
      stream,
      ({ leader, replicas }) =>
        leader !== undefined && replicas?.length === SERVERS - 1 && replicas.every(({ current }) => current),
    );
  }

  /** A stream of three replicas can be made once all servers know each other. */
  async ready(): Promise<void> {
    const config = { name: "READY", subjects: ["ready"], num_replicas: SERVERS, storage: "memory" };
    await this.#ask((ask) => ask("STREAM.CREATE.READY", config));
    await this.#ask((ask) => ask("STREAM.DELETE.READY", ""));
  }

  async #poll(stream: string, holds: (info: ClusterInfo) => boolean): Promise<ClusterInfo> {
    return await this.#ask(async (ask) => {
      const { cluster } = await ask(`STREAM.INFO.${stream}`, "") as { cluster?: ClusterInfo };
      return cluster !== undefined && holds(cluster) ? cluster : undefined;
    });
  }

  /** Asks until there is an answer. The test's own time limit ends it. */
  async #ask<T>(work: (ask: Ask) => Promise<T | undefined>): Promise<T> {
    const connection = await connect({
      servers: this.url.split(","),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    });
    try {
      for (;;) {
        const answer = await work((subject, body) => api(connection, subject, body)).catch(() => undefined);
        if (answer !== undefined) return answer;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(({ server }) => server[Symbol.asyncDispose]()));
  }
}

interface ClusterInfo {
  leader?: string;
  replicas?: { name: string; current: boolean }[];
}
type Ask = (subject: string, body: unknown) => Promise<unknown>;

async function api(connection: NatsConnection, subject: string, body: unknown): Promise<unknown> {
  const text = body === "" ? "" : JSON.stringify(body);
  const answer = JSON.parse(
    (await connection.request(`$JS.API.${subject}`, text, { timeout: 2_000 })).string(),
  );
  if (answer.error) throw new Error(answer.error.description);
  return answer;
}
