/** Samples the usage of processes during a run. @module */
import type { ProcessFigures } from "./load_figures.ts";
import { type ProcessUsage, usageOf } from "./process_usage.ts";

/** A process to sample, with a name for people. */
export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
}

interface Sample extends ProcessUsage {
  readonly at: number;
}

export class ProcessWatch {
  readonly #samples = new Map<WatchedProcess, Sample[]>();

  /** Takes the first sample; processes that cannot be read are left out. */
  static async begin(processes: readonly WatchedProcess[]): Promise<ProcessWatch> {
    const watch = new ProcessWatch();
    const first = await Promise.all(processes.map(takeSample));
    for (const [i, sample] of first.entries()) {
      if (sample !== undefined) watch.#samples.set(processes[i]!, [sample]);
    }
    return watch;
  }

  /** The usage since the last sample. */
  async sample(): Promise<ProcessFigures[]> {
    return await Promise.all([...this.#samples].map(async ([process, samples]) => {
      const last = samples.at(-1)!;
      const now = await takeSample(process) ?? { ...last, at: performance.now() };
      samples.push(now);
      return figuresOf(process, [last, now], now.memoryMb);
    }));
  }

  /** The usage since the beginning. */
  figures(): ProcessFigures[] {
    return [...this.#samples].map(([process, samples]) => {
      const most = samples.reduce((most, { memoryMb }) => Math.max(most, memoryMb), 0);
      return figuresOf(process, samples, most);
    });
  }
}

async function takeSample({ pid }: WatchedProcess): Promise<Sample | undefined> {
  const usage = await usageOf(pid);
  return usage && { ...usage, at: performance.now() };
}

/** From the first of these samples to the last. */
function figuresOf({ name }: WatchedProcess, samples: readonly Sample[], memoryMb: number): ProcessFigures {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const [seconds, ms] = [last.cpuSeconds - first.cpuSeconds, last.at - first.at];
  const cpu_percent = ms <= 0 ? 0 : Math.max(0, Math.round(seconds / ms * 1000_00 * 10) / 10);
  return { name, cpu_percent, memory_mb: Math.round(memoryMb) };
}
