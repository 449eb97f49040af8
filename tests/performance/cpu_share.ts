/**
 * A share of a core for each process, by control groups of Linux: on one machine a node then is what it would be on a small
 * machine of its own, and what more nodes bring is not what they take from each other. Needs to be root.
 * @module
 */

/** Short, so that a process that has used its share does not wait long. Microseconds. */
const PERIOD_US = 20_000;

/** Where control groups are, by version: the folder, and what is written to bound a group in it. */
const VERSIONS = [
  {
    folder: "/sys/fs/cgroup/cpu",
    bound: (quota: number) => ({ "cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": quota }),
  },
  { folder: "/sys/fs/cgroup", bound: (quota: number) => ({ "cpu.max": `${quota} ${PERIOD_US}` }) },
];

/** Groups for processes that may each use so much of a core, until this is disposed of. */
export class CpuShares {
  readonly #groups: string[] = [];

  constructor(readonly cores: number) {}

  /** Whether this machine has such groups, and they are ours to make. */
  static areThere(): boolean {
    return versionHere() !== undefined && Deno.uid() === 0;
  }

  /** Bounds a process that runs. */
  bound(pid: number): void {
    const { folder, bound } = versionHere()!;
    const group = `${folder}/zaakstroom-bench-${pid}`;
    Deno.mkdirSync(group);
    this.#groups.push(group);
    for (const [file, value] of Object.entries(bound(Math.round(this.cores * PERIOD_US)))) {
      Deno.writeTextFileSync(`${group}/${file}`, String(value));
    }
    Deno.writeTextFileSync(`${group}/cgroup.procs`, String(pid));
  }

  /** Removes the groups; their processes must have ended. */
  [Symbol.dispose](): void {
    for (const group of this.#groups) Deno.removeSync(group);
  }
}

function versionHere() {
  return VERSIONS.find(({ folder }) => exists(`${folder}/cgroup.procs`));
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
