/** CPU seconds of this process, and of its descendants with what they reaped. */
export function cpu(): { self: number; rest: number } {
  const stats = new Map<number, { ppid: number; own: number; reaped: number }>();
  for (const e of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(e.name)) continue;
    try {
      const f = Deno.readTextFileSync(`/proc/${e.name}/stat`).replace(/^.*\) /, "").split(" ");
      stats.set(Number(e.name), {
        ppid: Number(f[1]),
        own: (Number(f[11]) + Number(f[12])) / 100,
        reaped: (Number(f[13]) + Number(f[14])) / 100,
      });
    } catch { /* gone */ }
  }
  const below = (pid: number): boolean => {
    for (let p = pid; p > 1;) {
      if (p === Deno.pid) return true;
      p = stats.get(p)?.ppid ?? 0;
    }
    return false;
  };
  let rest = 0;
  for (const [pid, s] of stats) if (pid !== Deno.pid && below(pid)) rest += s.own + s.reaped;
  return { self: stats.get(Deno.pid)!.own, rest };
}
