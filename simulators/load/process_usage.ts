/**
 * Processor time and memory of processes on this machine, from /proc (Linux only; elsewhere undefined). Deno keeps /proc
 * from programs without all permissions, so `cat` reads it: one short process a sample.
 * @module
 */

/** A process with its children at one moment. */
export interface ProcessUsage {
  /** Seconds since they began; children that have ended included. */
  readonly cpuSeconds: number;
  /** Resident; shared pages count once. */
  readonly memoryMb: number;
}

/** How often the kernel counts in a second, on every Linux that Deno runs on. */
const TICKS = 100;

/** The usage of a process and its direct children; undefined when it is gone or not on Linux. */
export async function usageOf(pid: number): Promise<ProcessUsage | undefined> {
  const children = "$(cat /proc/$0/task/$0/children)";
  const files = `for p in $0 ${children}; do set -- "$@" /proc/$p/stat /proc/$p/status; done`;
  const text = await shell(`${files}; cat "$@"`, String(pid));
  return text === "" ? undefined : parseUsage(text, pid);
}

/** The most memory that a process has had since it began, in megabytes; undefined when it is gone or not on Linux. */
export async function peakMemoryOf(pid: number): Promise<number | undefined> {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(await shell("cat /proc/$0/status", String(pid)));
  return peak === null ? undefined : Number(peak[1]) / 1024;
}

/** Reads `stat` and `status` of a process and its children, one after the other. */
export function parseUsage(text: string, pid: number): ProcessUsage | undefined {
  let cpu = 0;
  for (const [, id, rest] of text.matchAll(/^(\d+) \(.*\) (.*)$/gm)) {
    const field = rest!.split(" ").map(Number);
    // utime, stime; and of the parent cutime and cstime, which children leave behind when they end.
    cpu += field[11]! + field[12]! + (Number(id) === pid ? field[13]! + field[14]! : 0);
  }
  const kb = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}:\\s+(\\d+) kB$`, "gm"))].map((match) => Number(match[1]));
  const own = kb("RssAnon").reduce((sum, each) => sum + each, 0);
  const files = kb("RssFile");
  const shared = kb("RssShmem").map((shmem, i) => shmem + files[i]!);
  if (shared.length === 0) return undefined;
  return { cpuSeconds: cpu / TICKS, memoryMb: (own + Math.max(...shared)) / 1024 };
}

/** The process that listens on a port of this machine; undefined for another machine or another user's process. */
export async function listenerOn(url: string): Promise<number | undefined> {
  // A URL of several hosts, or of a socket, names no one process.
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname) || port === "") return undefined;
  const table = await shell("cat /proc/net/tcp /proc/net/tcp6", "");
  const inode = listeningInode(table, Number(port));
  if (inode === undefined) return undefined;
  const links = await shell("ls -l /proc/[0-9]*/fd", "");
  return ownerOf(links, inode);
}

/** The socket that listens on a port, in the kernel's table. */
export function listeningInode(table: string, port: number): string | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of table.split("\n")) {
    const field = line.trim().split(/\s+/);
    if (field[3] === "0A" && field[1]?.endsWith(`:${hex}`)) return field[9];
  }
  return undefined;
}

/**
 * The first process that has a socket open, in what `ls -l /proc/[0-9]*\/fd` prints: children come after their parent.
 */
export function ownerOf(links: string, inode: string): number | undefined {
  const owners: number[] = [];
  let pid = 0;
  for (const line of links.split("\n")) {
    const heading = /^\/proc\/(\d+)\/fd:$/.exec(line);
    if (heading !== null) pid = Number(heading[1]);
    else if (line.endsWith(`socket:[${inode}]`)) owners.push(pid);
  }
  return owners.length === 0 ? undefined : Math.min(...owners);
}

/** The output of a script; its errors are ignored, since processes end while it reads. */
async function shell(script: string, argument: string): Promise<string> {
  if (Deno.build.os !== "linux") return "";
  const args = ["-c", `{ ${script}; } 2>/dev/null`, argument];
  const { stdout } = await new Deno.Command("/bin/sh", { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}
