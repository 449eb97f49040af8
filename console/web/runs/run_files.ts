/**
 * The runs of a store in a directory of this machine, for its user alone: they outlive the node. A person is a number there, by
 * which people are counted once.
 * @module
 */
import { join } from "node:path";
import { takeIfFree } from "../../../backends/local_server/file_lock.ts";
import type { KeptProgress, WhatIfRun } from "./run.ts";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const RUN = ".run.json";

export class RunFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Every run, the latest first; none where nothing was ever kept. */
  async list(): Promise<readonly WhatIfRun[]> {
    const runs: WhatIfRun[] = [];
    try {
      for await (const { name } of Deno.readDir(this.#directory)) {
        const run = name.endsWith(RUN) ? this.find(name.slice(0, -RUN.length)) : undefined;
        if (run !== undefined) runs.push(run);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return runs.sort((a, b) => a.at < b.at ? 1 : -1);
  }

  /** A run; undefined where there is none of this id, or it can't be read. */
  find(id: string): WhatIfRun | undefined {
    return ID.test(id) ? this.#read<WhatIfRun>(`${id}${RUN}`) : undefined;
  }

  write(run: WhatIfRun): void {
    this.#write(`${run.id}${RUN}`, run);
  }

  progressOf(id: string): KeptProgress | undefined {
    return ID.test(id) ? this.#read<KeptProgress>(`${id}.progress.json`) : undefined;
  }

  writeProgress(id: string, kept: KeptProgress): void {
    this.#write(`${id}.progress.json`, kept);
  }

  async remove(id: string): Promise<void> {
    for (const end of [RUN, ".progress.json"]) {
      await Deno.remove(join(this.#directory, `${id}${end}`)).catch(() => {});
    }
  }

  /** Makes the directory. Throws where it can't be had. */
  async prepare(): Promise<void> {
    await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** One process at a time works on the runs of a directory; undefined while it is another one. */
  async lock(): Promise<Disposable | undefined> {
    return await takeIfFree(join(this.#directory, "lock"));
  }

  #read<T>(name: string): T | undefined {
    try {
      return JSON.parse(Deno.readTextFileSync(join(this.#directory, name)));
    } catch {
      return undefined;
    }
  }

  /** Whole or not at all: a node that is killed meanwhile leaves what was there before. */
  #write(name: string, value: object): void {
    const path = join(this.#directory, name);
    Deno.writeTextFileSync(`${path}.draft`, JSON.stringify(value), { mode: 0o600 });
    Deno.renameSync(`${path}.draft`, path);
  }
}
