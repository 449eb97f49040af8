/**
 * Commits on JetStream as one record, beside the atomic batches of messages, as `deno task bench:records` prints them: in turns
 * on one server that syncs every two minutes, and on one that syncs every write (`default`, `always`). Figures, no assertions.
 * The heads of cases are in memory in both. A server's processor time is counted by the kernel in steps of 10 ms.
 * @module
 */
import { openNats } from "../../../backends/nats/nats_backend.ts";
import type { AppendResult } from "../../../backends/event_store.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { LogNode, makeLog } from "../../support/nats_log/log_node.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { chooseFigures, describeMachine, forEach, intakes, print, runAsNode } from "../bench.ts";

const ROUNDS = 5;
const PARTITIONS = 16;
const DEADLINE_MS = 20_000;

type Append = (events: readonly WireEvent[]) => Promise<AppendResult>;

/** Somewhere to append to, fresh for each round. */
interface Place extends AsyncDisposable {
  readonly append: Append;
}

/** What is appended: so many calls of so many events, so many at once, by the owner or another node. */
interface Workload {
  readonly what: string;
  readonly calls: number;
  readonly events: number;
  readonly atOnce: number;
  readonly byRequest: boolean;
}

const WORKLOADS: readonly Workload[] = [
  { what: "1 event, the owner", calls: 400, events: 1, atOnce: 1, byRequest: false },
  { what: "5 events, the owner", calls: 400, events: 5, atOnce: 1, byRequest: false },
  { what: "400 events, the owner", calls: 40, events: 400, atOnce: 1, byRequest: false },
  { what: "1 event, by request", calls: 400, events: 1, atOnce: 1, byRequest: true },
  { what: "1 event, 16 at once, by request", calls: 3_000, events: 1, atOnce: 16, byRequest: true },
  { what: "500 events, 4 at once, by request", calls: 20, events: 500, atOnce: 4, byRequest: true },
];

let made = 0;

/** The new layout: one node owns all partitions, and another one appends where that is asked for. */
async function records(url: string, byRequest: boolean): Promise<Place> {
  const place = { url, stream: `RECORDS_${++made}`, partitions: PARTITIONS };
  await makeLog(place);
  const owner = await LogNode.open(place, "owner", DEADLINE_MS);
  for (let partition = 0; partition < PARTITIONS; partition++) await owner.takeOver(partition);
  const sender = byRequest ? await LogNode.open(place, "sender", DEADLINE_MS) : owner;
  return {
    append: (events) => sender.appender.append(events, "any"),
    async [Symbol.asyncDispose]() {
      if (byRequest) await sender[Symbol.asyncDispose]();
      await owner[Symbol.asyncDispose]();
    },
  };
}

/** The layout of before: every node writes by itself. */
async function batches(url: string): Promise<Place> {
  const backend = await openNats({ url, stream: `BATCHES_${++made}`, partitions: PARTITIONS });
  return { append: (events) => backend.append(events), [Symbol.asyncDispose]: () => backend.close() };
}

/** Of one round: milliseconds of a call, events a second, microseconds of the server for a call. */
interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly serverUs: number;
}

async function round(place: Place, pid: number, { calls, events, atOnce }: Workload): Promise<Round> {
  const all = intakesOf(events, calls);
  await place.append(all.shift()!);
  const times: number[] = [];
  const [cpu, began] = [processorUs(pid), performance.now()];
  await forEach(all, atOnce, async (each) => {
    const start = performance.now();
    await place.append(each);
    times.push(performance.now() - start);
  });
  const seconds = (performance.now() - began) / 1_000;
  times.sort((a, b) => a - b);
  return {
    p50: times[times.length >> 1]!,
    p99: times[Math.floor(times.length * 0.99)]!,
    perSecond: calls * events / seconds,
    serverUs: (processorUs(pid) - cpu) / calls,
  };
}

/** Batches of events of one case where one partition is meant, of any cases where a call is large. */
function intakesOf(events: number, calls: number): WireEvent[][] {
  const all = intakes(events * (calls + 1), events, `records-${++made}`);
  if (events > 10) return all;
  return all.map((batch) => {
    const caseId = batch[0]!.correlation_id;
    return batch.map((event) => ({
      ...event,
      correlation_id: caseId,
      data: { ...event.data, case_id: caseId },
    }));
  });
}

/** The processor time of a process so far, by Linux. */
function processorUs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function report(what: string, rounds: readonly Round[]): void {
  const median = (of: (round: Round) => number) => rounds.map(of).sort((a, b) => a - b)[rounds.length >> 1]!;
  const ms = (value: number) => value.toFixed(2).padStart(8);
  const perSecond = Math.round(median((each) => each.perSecond)).toLocaleString("en-GB").padStart(8);
  print(
    `${what.padEnd(48)} p50 ${ms(median(({ p50 }) => p50))} ms  p99 ${
      ms(median(({ p99 }) => p99))
    } ms  ${perSecond} events/s  ${
      Math.round(median(({ serverUs }) => serverUs)).toString().padStart(6)
    } µs of the server a call`,
  );
}

async function compare(kind: string): Promise<void> {
  await using server = await startNats({ syncAlways: kind === "always" });
  for (const workload of WORKLOADS) {
    const [ours, before]: [Round[], Round[]] = [[], []];
    for (let n = 0; n < ROUNDS; n++) {
      await using place = await records(server.url, workload.byRequest);
      ours.push(await round(place, server.pid, workload));
      await using old = await batches(server.url);
      before.push(await round(old, server.pid, workload));
    }
    report(`${kind}, ${workload.what}: record`, ours);
    report(`${kind}, ${workload.what}: batch`, before);
  }
}

await runAsNode(async () => {
  print(describeMachine());
  for (const kind of chooseFigures(["default", "always"])) await compare(kind);
});
