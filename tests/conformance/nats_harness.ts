/** Stores on JetStream for the conformance suite: a stream of its own for each case. @module */
import { connect } from "@nats-io/transport-deno";
import type { Backend } from "../../backends/backend.ts";
import type { PartitionLog } from "../../backends/nats/journal/partition/partition_log.ts";
import { pendingEventOf } from "../../backends/nats/stream/message.ts";
import { override } from "../../backends/primitives/override.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import type { NatsOptions } from "../../backends/nats/setup/options.ts";
import type { WireEvent } from "../../schema/events.ts";
import { LogSubjects } from "../../schema/nats/log.ts";
import { anEvent } from "../support/events.ts";
import { Outsider } from "../support/nats_log/outsider.ts";
import { LoopbackProxy } from "../support/servers/loopback_proxy.ts";
import type { Harness, NodeOptions, SlowAppend } from "./harness.ts";
import { NATS_ANSWER } from "../support/servers/nats_server.ts";

const PARTITIONS = 4;
let stores = 0;

/** The server or cluster the stores are on. */
export interface HarnessServer {
  readonly options: NatsOptions & { leaseMs: number };
  /** Nodes reach a single server through a proxy, so that a write of theirs can be spoilt. */
  readonly proxied?: boolean;
}

/** Opens harnesses on a server that is asked for once the tests run. */
export function natsHarness(server: () => HarnessServer): () => Promise<Harness> {
  return () => Promise.resolve(harnessOn(server()));
}

function harnessOn({ options, proxied = false }: HarnessServer): Harness {
  const { leaseMs } = options;
  const proxy = proxied ? new LoopbackProxy(Number(new URL(options.url).port)) : undefined;
  const url = proxy === undefined ? options.url : `nats://127.0.0.1:${proxy.port}`;
  const store = { ...options, url, stream: `STORE_${++stores}`, partitions: PARTITIONS };
  const nodes: Backend[] = [];
  return {
    leaseMs,
    async backend(owner?: string, { renews = true, ...limits }: NodeOptions = {}) {
      const node = owner === undefined ? {} : { node: owner };
      // Six times in its time, so that a busy machine may be late with it.
      const renewMs = renews ? leaseMs / 6 : Infinity;
      nodes.push(await openNats({ ...store, renewMs, ...node, ...limits }));
      return nodes.at(-1)!;
    },
    // The clock is the server's: only real time moves it.
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    ...(proxy === undefined ? {} : {
      failNextDeadLetterWrite: () => spoilDeadLetter(proxy),
    }),
    slowAppend: (events) => slowAppend(options.url, store.stream, events),
    leaveEvent: (text, producer) => leaveEvent(options.url, store.stream, text, producer),
    plantGarbage: (caseId) => plantGarbage(options.url, store.stream, caseId),
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await proxy?.[Symbol.asyncDispose]();
    },
  };
}

const EXPECTATION = "Nats-Expected-Last-Subject-Sequence";
/** As long as the name of the expectation; the server refuses it. */
const REFUSED = "Nats-Rollup: bad\r\nX-Padding-Padding";

/** The expectation of the next record with a dead letter becomes what the server refuses. */
function spoilDeadLetter(proxy: LoopbackProxy): void {
  proxy.filter = (sent) => {
    const text = new TextDecoder("latin1").decode(sent);
    const dead = text.indexOf(`"state":"dead"`);
    const at = text.lastIndexOf(EXPECTATION, dead);
    if (dead < 0 || at < 0) return;
    sent.set(new TextEncoder().encode(REFUSED), at);
    proxy.filter = undefined;
  };
}

async function leaveEvent(
  url: string,
  stream: string,
  text: string | Uint8Array,
  producer = "anyone",
): Promise<void> {
  const connection = await connect({ servers: url.split(",") });
  const bare = new LogSubjects(stream.toLowerCase()).ingest();
  const subject = producer === "anyone" ? bare : `${bare}.${producer}`;
  const answer = await connection.request(subject, text, NATS_ANSWER);
  await connection.close();
  if (answer.json<{ seq?: number }>().seq === undefined) throw new Error("The event was not acknowledged");
}

/** A record as a node writes it, whose event is none. */
async function plantGarbage(url: string, stream: string, caseId: string): Promise<void> {
  const outsider = await Outsider.open(url, stream);
  const event = pendingEventOf(anEvent(caseId, 99), PARTITIONS);
  const fields = [event.eventId, event.type, caseId, Date.now(), "{garbage", `{"schema_version":1}`];
  const body = new TextEncoder().encode(fields.join("\t"));
  const writer = await outsider.writer(event.partition);
  await writer.append({ events: [{ ...event, body }], expected: "any" });
  await outsider.close(event.partition);
}

/** A record that is made, and held up until the case says so: another writer may be faster, and then it is made anew. */
async function slowAppend(url: string, stream: string, events: readonly WireEvent[]): Promise<SlowAppend> {
  const outsider = await Outsider.open(url, stream);
  const pending = events.map((event) => pendingEventOf(event, PARTITIONS));
  const [made, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const heldUp = (log: PartitionLog) =>
    override(log, {
      async append(payloads, last) {
        made.resolve();
        await released.promise;
        return await log.append(payloads, last);
      },
    });
  const { partition } = pending[0]!;
  const writer = await outsider.writer(partition, heldUp);
  const appended = writer.append({ events: pending, expected: "any" });
  await made.promise;
  return {
    async commit() {
      released.resolve();
      await appended;
      await outsider.close(partition);
    },
  };
}
