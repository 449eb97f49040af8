/** How far a comparison is, on the disk: the same command goes on where it was. It holds no personal data. @module */
import { join } from "node:path";
import type { ComparisonProgress } from "../../../simulators/what_if/compare_history.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";

/** Between two writings while it goes on. */
const EVERY_MS = 5_000;

export class ProgressFile {
  readonly #path: string;
  #writtenAt = performance.now();

  private constructor(path: string) {
    this.#path = path;
  }

  /** `identity`: what makes two runs the same one. Throws CommandError for a directory that can't be had. */
  static async open(directory: string, identity: object): Promise<ProgressFile> {
    try {
      await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new CommandError(exitCodes.usage, `Cannot use --state ${directory}: ${(error as Error).name}`);
    }
    const bytes = new TextEncoder().encode(JSON.stringify(identity));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    return new ProgressFile(join(directory, `${digest.slice(0, 16)}.json`));
  }

  /** What an earlier run had come to; undefined where there was none, or what it left can't be read. */
  async read(): Promise<ComparisonProgress | undefined> {
    try {
      return JSON.parse(await Deno.readTextFile(this.#path));
    } catch {
      return undefined;
    }
  }

  /** Writes when it is time to. */
  writeSometimes(progress: ComparisonProgress): void {
    if (performance.now() - this.#writtenAt < EVERY_MS) return;
    this.write(progress);
    this.#writtenAt = performance.now();
  }

  /** Whole or not at all: a run that is killed meanwhile leaves the one before. */
  write(progress: ComparisonProgress): void {
    const draft = `${this.#path}.draft`;
    Deno.writeTextFileSync(draft, JSON.stringify(progress), { mode: 0o600 });
    Deno.renameSync(draft, this.#path);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.#path).catch(() => {});
  }
}
