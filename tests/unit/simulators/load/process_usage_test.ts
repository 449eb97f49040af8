import { assert, assertEquals } from "@std/assert";
import {
  listenerOn,
  listeningInode,
  ownerOf,
  parseUsage,
  usageOf,
} from "../../../../simulators/load/process_usage.ts";

const stat = (pid: number, name: string, utime: number, stime: number, cutime = 0, cstime = 0) =>
  `${pid} (${name}) S 1 1 1 0 -1 4194560 100 0 0 0 ${utime} ${stime} ${cutime} ${cstime} 20 0 1 0 5 9 9 1`;
const status = (anon: number, file: number, shmem: number) =>
  `Name:\tpostgres\nRssAnon:\t${anon} kB\nRssFile:\t${file} kB\nRssShmem:\t${shmem} kB`;

Deno.test("a process counts with its children, those that ended included, and shared memory counts once", () => {
  const text = [
    stat(10, "postgres", 100, 50, 30, 20),
    status(1024, 2048, 1024),
    stat(11, "postgres: io (x) y", 10, 10, 99, 99),
    status(1024, 2048, 8192),
  ].join("\n");
  assertEquals(parseUsage(text, 10), { cpuSeconds: 2.2, memoryMb: 12 });
});

Deno.test("a process that is gone has no use to tell", () => {
  assertEquals(parseUsage("", 10), undefined);
});

Deno.test("the owner of a listening port is found in the kernel's tables", () => {
  const table =
    "  sl  local_address rem_address st\n   0: 0100007F:1538 00000000:0000 0A 0:0 0:0 0 0 0 777 1\n" +
    "   1: 0100007F:1538 0100007F:9999 01 0:0 0:0 0 0 0 888 1";
  assertEquals([listeningInode(table, 0x1538), listeningInode(table, 80)], ["777", undefined]);
  const links =
    "/proc/40/fd:\nl 3 -> socket:[778]\n/proc/52/fd:\nl 5 -> socket:[777]\n/proc/41/fd:\nl 5 -> socket:[777]\n";
  assertEquals([ownerOf(links, "777"), ownerOf(links, "1")], [41, undefined]);
});

Deno.test({
  name: "this process is found by a port it listens on, and uses memory and time",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    assertEquals(await listenerOn(`nats://127.0.0.1:${listener.addr.port}`), Deno.pid);
    assertEquals(await listenerOn(`nats://192.0.2.1:${listener.addr.port}`), undefined);
    const usage = await usageOf(Deno.pid);
    assert(usage !== undefined && usage.memoryMb > 10 && usage.cpuSeconds > 0, JSON.stringify(usage));
  },
});
