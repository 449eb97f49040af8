/** Samples the usage of processes during a run. @module */
import type { ProcessFigures, SecondFigures } from "./load_figures.ts";
import { type ProcessUsage, usageOf } from "./process_usage.ts";

/** A process to sample, with a name for people. */
export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
}

interface ProcessSamples {
  readonly watched: WatchedProcess;
  readonly first: ProcessUsage;
  readonly firstAt: number;
  last: ProcessUsage;
  lastAt: number;
  memoryMb: number;
}

export class ProcessWatch {
  readonly #samples: ProcessSamples[];

  private constructor(seen: ProcessSamples[]) {
    this.#samples = seen;
  }

  /** Takes the first sample; processes that cannot be read are left out. */
  static async begin(processes: readonly WatchedProcess[]): Promise<ProcessWatch> {
    const samples = await Promise.all(processes.map(async (watched): Promise<ProcessSamples | undefined> => {
      const first = await usageOf(watched.pid);
      const at = performance.now();
      return first && { watched, first, firstAt: at, last: first, lastAt: at, memoryMb: first.memoryMb };
    }));
    return new ProcessWatch(samples.filter((seen) => seen !== undefined));
  }

  async sample(): Promise<SecondFigures["processes"]> {
    return await Promise.all(this.#samples.map(async (seen) => {
      const usage = await usageOf(seen.watched.pid) ?? seen.last;
      const now = performance.now();
      const cpu_percent = percent(usage.cpuSeconds - seen.last.cpuSeconds, now - seen.lastAt);
      seen.last = usage;
      seen.lastAt = now;
      seen.memoryMb = Math.max(seen.memoryMb, usage.memoryMb);
      return { name: seen.watched.name, cpu_percent, memory_mb: Math.round(usage.memoryMb) };
    }));
  }

  figures(): ProcessFigures[] {
    return this.#samples.map(({ watched, first, firstAt, last, lastAt, memoryMb }) => ({
      name: watched.name,
      cpu_percent: percent(last.cpuSeconds - first.cpuSeconds, lastAt - firstAt),
      memory_mb: Math.round(memoryMb),
    }));
  }
}

function percent(seconds: number, ms: number): number {
  return ms <= 0 ? 0 : Math.max(0, Math.round(seconds / ms * 1000_00 * 10) / 10);
}
