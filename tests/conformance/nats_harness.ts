/** Stores on JetStream for the conformance suite: a stream of its own for each case. @module */
import { connect, headers } from "@nats-io/transport-deno";
import type { Backend } from "../../backends/backend.ts";
import { payloadPrefix, pendingEventOf } from "../../backends/nats/stream/message.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import type { NatsOptions } from "../../backends/nats/setup/options.ts";
import type { WireEvent } from "../../schema/events.ts";
import { partitionOf } from "../../schema/partition.ts";
import { Subjects } from "../../schema/nats.ts";
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
      const renewMs = renews ? leaseMs / 6 : 1e8;
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

/** What of a message is made into what the server refuses, of the same length. */
const GOOD = "Nats-Rollup: sub";
const BAD = "Nats-Rollup: bad";

/** The next parked case with a dead head is spoilt. */
function spoilDeadLetter(proxy: LoopbackProxy): void {
  proxy.filter = (sent) => {
    const text = new TextDecoder("latin1").decode(sent);
    const at = text.lastIndexOf(GOOD, text.indexOf(`"state":"dead"`));
    if (at < 0 || !text.includes(`"state":"dead"`)) return;
    sent.set(new TextEncoder().encode(BAD), at);
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
  const bare = new Subjects(stream.toLowerCase()).ingest();
  const subject = producer === "anyone" ? bare : `${bare}.${producer}`;
  const answer = await connection.request(subject, text, NATS_ANSWER);
  await connection.close();
  if (answer.json<{ seq?: number }>().seq === undefined) throw new Error("The event was not acknowledged");
}

async function plantGarbage(url: string, stream: string, caseId: string): Promise<void> {
  const connection = await connect({ servers: url.split(",") });
  const subjects = new Subjects(stream.toLowerCase());
  const subject = subjects.event(partitionOf(caseId, PARTITIONS), "case.intake", caseId);
  await connection.request(subject, "garbage\nof two lines\tand two fields", NATS_ANSWER);
  await connection.close();
}

/** An atomic batch that the server has in full, and that is committed when the case says so. */
async function slowAppend(url: string, stream: string, events: readonly WireEvent[]): Promise<SlowAppend> {
  const connection = await connect({ servers: url.split(",") });
  const subjects = new Subjects(stream.toLowerCase());
  const batch = crypto.randomUUID();
  const send = async (subject: string, payload: string | Uint8Array, sequence: number, commit?: string) => {
    const set = headers();
    set.set("Nats-Batch-Id", batch);
    set.set("Nats-Batch-Sequence", String(sequence));
    if (commit !== undefined) set.set("Nats-Batch-Commit", commit);
    return (await connection.request(subject, payload, { headers: set, ...NATS_ANSWER })).string();
  };
  const drafts = events.map((event) => pendingEventOf(event, PARTITIONS));
  for (const [i, draft] of drafts.entries()) {
    const { partition, type, caseId, body } = draft;
    const subject = subjects.event(partition, type, caseId);
    await send(subject, new Uint8Array([...new TextEncoder().encode(payloadPrefix(1)), ...body]), i + 1);
  }
  return {
    async commit() {
      const { partition, type, caseId } = drafts[0]!;
      // The end of a batch is a message that is not stored.
      const answer = JSON.parse(
        await send(subjects.event(partition, type, caseId), "", events.length + 1, "eob"),
      );
      await connection.close();
      if (answer.count !== events.length) {
        throw new Error(`The batch was not stored: ${JSON.stringify(answer)}`);
      }
    },
  };
}
