/** The protocol of writing: what becomes of answers that are lost, of other writers, and of owners that are none any more. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { buildRecords } from "../../../../../../backends/nats/journal/partition/build_records.ts";
import { MemoryHeads } from "../../../../../support/nats_log/memory_heads.ts";
import {
  nextNonce,
  OwnershipLost,
  RecordWriter,
  type WriterOptions,
} from "../../../../../../backends/nats/journal/partition/record_writer.ts";
import { takeOver } from "../../../../../../backends/nats/journal/partition/take_over.ts";
import { BackendUnavailable } from "../../../../../../backends/errors.ts";
import {
  answerLost,
  MemoryLog,
  MemoryLogClient,
  overtaken,
  requestLost,
} from "../../../../../support/nats_log/memory_log.ts";
import { pendingEvent } from "../../../../../support/nats_log/records.ts";

type Writer = new (options: WriterOptions) => RecordWriter;

/** A node with a client of its own. */
class Node {
  readonly client: MemoryLogClient;
  readonly heads = new MemoryHeads();
  readonly closing = new AbortController();
  readonly writer: RecordWriter;
  onStalled = () => {};

  constructor(readonly log: MemoryLog, readonly name: string, Class: Writer = RecordWriter) {
    this.client = new MemoryLogClient(log);
    this.writer = new Class({
      log: this.client,
      heads: this.heads,
      signal: this.closing.signal,
      onAvailabilityChange: () => {},
      onStalled: () => this.onStalled(),
    });
  }

  async takeOver(): Promise<this> {
    await takeOver(this.writer, { node: this.name, processors: [], now: () => 1_000, maxPayload: 1_000_000 });
    return this;
  }

  /** Appends event `n` of a case behind what is known of it, under an epoch. */
  append(caseId: string, n: number, epoch: number) {
    return this.writer.write(() => {
      const version = (this.heads.find(caseId)?.version ?? 0) + 1;
      const events = [{ version, event: pendingEvent(caseId, n) }];
      const content = { nonce: nextNonce(epoch), epoch, kind: "own", now: 1_000, events } as const;
      return Promise.resolve(buildRecords(this.writer.state, content, 1_000_000));
    });
  }
}

/** The records as pairs of kind and epoch, and the versions of their events. */
function contentOf(log: MemoryLog): string[] {
  return log.records().map(({ record }) =>
    record.kind === "malformed"
      ? "malformed"
      : `${record.head.kind} ${record.head.epoch} ${record.events.map(({ version }) => version)}`.trim()
  );
}

Deno.test("each record says which one it was written behind", async () => {
  const log = new MemoryLog();
  const node = await new Node(log, "a").takeOver();
  for (const n of [1, 2, 3]) await node.append("c", n, 1);
  const records = log.records();
  assertEquals(contentOf(log), ["take 1", "own 1 1", "own 1 2", "own 1 3"]);
  const before = records.map(({ record }) => record.kind === "record" ? record.head.before : NaN);
  assertEquals(before, [0, ...records.slice(0, -1).map(({ sequence }) => sequence)]);
});

Deno.test("a record whose answer is lost is stored once, and is found again", async () => {
  const log = new MemoryLog();
  const node = await new Node(log, "a").takeOver();
  node.client.faults.push(answerLost(), requestLost());
  const [stored] = await node.append("c", 1, 1);
  assertEquals(stored!.sequence, log.last);
  await node.append("c", 2, 1);
  assertEquals(contentOf(log), ["take 1", "own 1 1", "own 1 2"]);
});

Deno.test("a record that never arrived is sent again, as it was", async () => {
  const log = new MemoryLog();
  const node = await new Node(log, "a").takeOver();
  node.client.faults.push(requestLost(), requestLost());
  await node.append("c", 1, 1);
  assertEquals(contentOf(log), ["take 1", "own 1 1"]);
});

Deno.test("a record that is refused is not given up while a replica does not show why", async () => {
  const log = new MemoryLog();
  const node = await new Node(log, "a").takeOver();
  node.client.behind = 2;
  node.client.faults.push(answerLost());
  const [stored] = await node.append("c", 1, 1);
  assertEquals(stored!.sequence, log.last);
  assertEquals(contentOf(log), ["take 1", "own 1 1"]);
});

Deno.test("a writer whose log has lost what it knows says so, and ends once the store is given up", async () => {
  const log = new MemoryLog();
  const node = await new Node(log, "a").takeOver();
  await node.append("a", 1, 1);
  log.messages.pop();
  node.onStalled = () => node.closing.abort();
  await assertRejects(() => node.append("a", 2, 1), BackendUnavailable);
  assertEquals(log.messages.length, 1);
});

Deno.test("a writer that was overtaken makes its record anew behind the other", async () => {
  const log = new MemoryLog();
  const [one, other] = [await new Node(log, "a").takeOver(), new Node(log, "b")];
  await other.writer.readOn();
  one.client.faults.push(overtaken(() => other.append("c", 1, 1)));
  await one.append("c", 2, 1);
  assertEquals(contentOf(log), ["take 1", "own 1 1", "own 1 2"]);
});

Deno.test("a stale owner that has not read on is stopped by the expectation", async () => {
  const log = new MemoryLog();
  const [old, next] = [await new Node(log, "a").takeOver(), new Node(log, "b")];
  await next.takeOver();
  await next.append("c", 1, 2);
  await assertRejects(() => old.append("c", 2, 1), OwnershipLost);
  assertEquals(contentOf(log), ["take 1", "take 2", "own 2 1"]);
});

/** The answer is lost, another node takes the partition over, and the record is found beside its epoch. */
async function foundBesideNewOwner(Class?: Writer): Promise<{ log: MemoryLog; again: Promise<unknown> }> {
  const log = new MemoryLog();
  const old = await new Node(log, "a", Class).takeOver();
  old.client.faults.push(answerLost(() => new Node(log, "b").takeOver()));
  const [stored] = await old.append("c", 1, 1);
  assertEquals(stored!.record.events.length, 1);
  return { log, again: old.append("c", 2, 1) };
}

Deno.test("an owner that finds its own record beside a newer epoch has stored it, and writes no other", async () => {
  const { log, again } = await foundBesideNewOwner();
  await assertRejects(() => again, OwnershipLost);
  assertEquals(contentOf(log), ["take 1", "own 1 1", "take 2"]);
});

Deno.test("that takes the epoch: by the expectation alone, it writes under its old one", async () => {
  class WithoutEpoch extends RecordWriter {
    override get isFenced(): boolean {
      return false;
    }
  }
  const { log, again } = await foundBesideNewOwner(WithoutEpoch);
  await again;
  assertEquals(contentOf(log), ["take 1", "own 1 1", "take 2", "own 1 2"]);
});

Deno.test("and it takes the expectation: by the epoch alone, an owner that has not read on writes under its old one", async () => {
  const log = new MemoryLog();
  const [old, next] = [await new Node(log, "a").takeOver(), new Node(log, "b")];
  await next.takeOver();
  old.client.append = (payloads) => Promise.resolve(log.append(payloads, log.last));
  await old.append("c", 1, 1);
  assertEquals(contentOf(log), ["take 1", "take 2", "own 1 1"]);
});

Deno.test("reading on ends an ownership", async () => {
  const log = new MemoryLog();
  const old = await new Node(log, "a").takeOver();
  await old.writer.readOn();
  await new Node(log, "b").takeOver();
  assertEquals(old.writer.isFenced, false);
  await assertRejects(() => old.writer.readOn(), OwnershipLost);
  assertEquals(old.writer.isFenced, true);
});

Deno.test("of two nodes that take a partition at once, the later one has it", async () => {
  const log = new MemoryLog();
  const [one, other] = [new Node(log, "a"), new Node(log, "b")];
  one.client.faults.push(overtaken(() => other.takeOver()));
  await one.takeOver();
  await one.append("c", 1, 2);
  await assertRejects(() => other.append("c", 1, 1), OwnershipLost);
  assertEquals(contentOf(log), ["take 1", "take 2", "own 2 1"]);
});

Deno.test("a node that was taken over from while it took over does not own the partition", async () => {
  const log = new MemoryLog();
  const [one, other] = [new Node(log, "a"), new Node(log, "b")];
  one.client.faults.push(answerLost(() => other.takeOver()));
  await assertRejects(() => one.takeOver(), OwnershipLost);
  await other.append("c", 1, 2);
  assertEquals(contentOf(log), ["take 1", "take 2", "own 2 1"]);
});

Deno.test("garbage in the log is read over and counted", async () => {
  const log = new MemoryLog();
  const node = await new Node(log, "a").takeOver();
  log.append([{ payload: new TextEncoder().encode("not a record") }], log.last);
  await node.append("c", 1, 1);
  assertEquals(contentOf(log), ["take 1", "malformed", "own 1 1"]);
  assertEquals(node.writer.state.malformed, 1);
});

Deno.test("while the store is unavailable a writer waits, until it is closed", async () => {
  const node = await new Node(new MemoryLog(), "a").takeOver();
  node.client.append = () => Promise.reject(new BackendUnavailable("away"));
  const appended = node.append("c", 1, 1);
  node.closing.abort();
  await assertRejects(() => appended, BackendUnavailable);
});
