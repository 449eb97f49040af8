/**
 * Prints what a store of records on JetStream with many cases costs: memory of the server, the start of a node, how soon
 * another node has all partitions, and how long it takes to find a case. Asserts nothing.
 * `deno run --allow-all tests/performance/records_bench.ts [CASES]`: on a nats-server that it starts.
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { anEvent } from "../../support/events.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";

const CASES = Number(Deno.args.find((arg) => /^\d+$/.test(arg)) ?? 200_000);
const AT_ONCE = 2_000;
const FINDS = 1_000;
const PROCESSOR = { name: "bench", version: 1, takes: ["case.withdrawn"] };

const idOf = (n: number) => `case-${n}`;

function print(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}

function residentMb(pid: number): string {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))!;
  return (Number(kilobytes) / 1024).toFixed(0);
}

function quantile(values: readonly number[], q: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!.toFixed(2);
}

/** Takes all partitions, and does nothing with them. Answers how long that took, in milliseconds. */
async function takeAll(backend: Backend, signal: AbortSignal): Promise<number> {
  const begin = performance.now();
  const all = Promise.withResolvers<number>();
  void (async () => {
    let taken = 0;
    for await (const _ of backend.mailboxes(PROCESSOR, signal)) {
      if (++taken === backend.partitions) all.resolve(performance.now() - begin);
    }
  })();
  return await all.promise;
}

/** Two events of each case, the second one later than those of all others. */
async function fill(backend: Backend): Promise<void> {
  const begin = performance.now();
  for (const n of [1, 2]) {
    for (let from = 0; from < CASES; from += AT_ONCE) {
      const count = Math.min(AT_ONCE, CASES - from);
      await backend.append(Array.from({ length: count }, (_, i): WireEvent => anEvent(idOf(from + i), n)));
    }
  }
  const seconds = (performance.now() - begin) / 1_000;
  print(
    `${2 * CASES} events appended by the owner of all partitions: ${
      (2 * CASES / seconds).toFixed(0)
    } a second`,
  );
}

async function findSome(backend: Backend, name: string, idAt: () => string): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < FINDS; i++) {
    const begin = performance.now();
    await Array.fromAsync(backend.readCase(idAt()));
    times.push(performance.now() - begin);
  }
  print(`read ${name}: p50 ${quantile(times, 0.5)}, p99 ${quantile(times, 0.99)} ms`);
}

async function measure(server: TestNats): Promise<void> {
  const stop = new AbortController();
  const owner = await openNats({ url: server.url, node: "owner" });
  print(
    `first takeover of 16 partitions without a record: ${(await takeAll(owner, stop.signal)).toFixed(0)} ms`,
  );
  await fill(owner);
  print(`server ${residentMb(server.pid)} MB, node ${residentMb(Deno.pid)} MB`);
  stop.abort();
  await owner.close();
  const begin = performance.now();
  const next = await openNats({ url: server.url, node: "next" });
  const kinds = await next.storedKinds();
  print(
    `start of a node, with all partitions read (${kinds.length} kind): ${
      (performance.now() - begin).toFixed(0)
    } ms`,
  );
  const ended = new AbortController();
  print(`takeover of 16 partitions that are free: ${(await takeAll(next, ended.signal)).toFixed(0)} ms`);
  await findSome(next, "a case by chance", () => idOf(Math.floor(Math.random() * CASES)));
  await findSome(next, "a case that is not there", () => crypto.randomUUID());
  print(`server ${residentMb(server.pid)} MB`);
  ended.abort();
  await next.close();
}

if (import.meta.main) {
  await using server = await startNats({ syncAlways: false });
  await measure(server);
}
