/**
 * Memory of a node with a backlog of a million events, and what an idle node costs: `deno task bench:backlog`. The node
 * is the real program in a process of its own; its memory and CPU time are the kernel's account of it (Linux only).
 * @module
 */
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { nodeEnvironment } from "../../console/node/guarded_start.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { appendAll, describeMachine, intakes, print } from "./bench.ts";

/** Smaller for a quick look: `deno task bench:backlog 100000 20`. */
const BACKLOG = Number(Deno.args[0] ?? 1_000_000);
const AT_ONCE = 50_000;
const WATCHED_S = Number(Deno.args[1] ?? 60);
const IDLE_S = 20;

/** Resident memory in MB, its peak, and CPU time used in seconds, of a process. */
function account(pid: number) {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) / 1024;
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { rss: field("VmRSS"), peak: field("VmHWM"), cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
}

function startNode(url: string): Deno.ChildProcess {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--permission-set=node", main, "start", "--url", url, "--port", "0"],
    env: nodeEnvironment,
    stdin: "piped",
    stderr: "null",
  }).spawn();
}

const seconds = (s: number) => new Promise((resolve) => setTimeout(resolve, s * 1000));

/** Watches a node at work; tells its memory every ten seconds. */
async function watchAtWork(url: string): Promise<void> {
  await using node = startNode(url);
  for (let s = 10; s <= WATCHED_S; s += 10) {
    await seconds(10);
    const { rss, peak } = account(node.pid);
    print(`  after ${s} s: ${rss.toFixed(0)} MB resident, ${peak.toFixed(0)} MB at its peak`);
  }
}

/** CPU time used so far, in seconds, of a server and the processes that serve its connections. */
function serverCpu(postmaster: number): number {
  let cpu = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const isPart = Number(name) === postmaster || parentOf(name) === postmaster;
      if (isPart) cpu += account(Number(name)).cpu;
    } catch {
      // It ended while it was looked at.
    }
  }
  return cpu;
}

function parentOf(pid: string): number {
  return Number(/PPid:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
}

async function watchIdle(url: string, postmaster: number): Promise<void> {
  await using node = startNode(url);
  // V8 tidies its heaps for some seconds once all is quiet.
  await seconds(15);
  const before = [account(node.pid).cpu, serverCpu(postmaster)] as const;
  await seconds(IDLE_S);
  const own = (account(node.pid).cpu - before[0]) / IDLE_S * 100;
  const server = (serverCpu(postmaster) - before[1]) / IDLE_S * 100;
  print(`At rest, of a core over ${IDLE_S} s: node ${own.toFixed(2)} %, PostgreSQL ${server.toFixed(2)} %`);
}

if (import.meta.main) {
  print(describeMachine());
  await using server = await startPostgres({ fsync: true });
  await watchIdle(await server.freshDatabase(), server.pid);
  const url = await server.freshDatabase();
  const backend = await openPostgres({ url, migrate: "apply" });
  for (let done = 0; done < BACKLOG; done += AT_ONCE) {
    await appendAll(backend, intakes(AT_ONCE, 500, `backlog-${done}`));
  }
  await backend.close();
  print(`A node with a backlog of ${BACKLOG.toLocaleString("en-GB")} events:`);
  await watchAtWork(url);
}
