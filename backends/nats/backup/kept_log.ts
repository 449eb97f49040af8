/** What `backup stream` keeps of a store on JetStream: files of entries in the directory of its backups. @module */
import { join } from "node:path";
import { z } from "zod";
import { ArchiveWriter, readArchive } from "../../backup/archive_file.ts";
import { BackupError } from "../../backup/errors.ts";
import { fileSchema, time } from "../../backup/manifest.ts";
import type { BackupRepository } from "../../backup/repository.ts";
import { makeDirectory, namesIn, parseJson, readIfThere, writeWhole } from "../../backup/whole_files.ts";
import { syncDirectory } from "../../local_server/sync_directory.ts";
import { EntryEncoder, type MarkEntry, readEntries, type ReadEntry } from "./entries.ts";

const sequence = z.number().int().nonnegative();
/** `behind`: the file continues the log behind this sequence. */
const newest = z.strictObject({
  at: time,
  log: sequence,
  others: z.record(z.string(), sequence),
  name: z.string(),
  behind: sequence,
});
const file = z.strictObject({ ...fileSchema.shape, ...newest.shape });

/** A file that is whole, and how far it leads. */
export type KeptFile = z.infer<typeof file>;

/** The files in their order, and how far the one leads that is being written. */
export interface Kept {
  readonly files: readonly KeptFile[];
  readonly open: z.infer<typeof newest> | undefined;
}

const FILE = /^\d{6}\.records$/;
const NEWEST = "newest.json";

export class KeptLog {
  readonly directory: string;

  constructor(readonly repository: BackupRepository) {
    this.directory = join(repository.root, "records");
  }

  async prepare(): Promise<void> {
    await makeDirectory(this.directory);
  }

  async read(): Promise<Kept> {
    const names = await this.#names();
    const files = await Promise.all(
      names.filter((name) => FILE.test(name.replace(/\.json$/, "")) && name.endsWith(".json")).toSorted()
        .map(async (name) => {
          const path = join(this.directory, name);
          return parseJson(file, await readIfThere(path) ?? "", path);
        }),
    );
    const path = join(this.directory, NEWEST);
    const text = await readIfThere(path);
    const found = text === undefined ? undefined : parseJson(newest, text, path);
    const isOpen = found !== undefined && !files.some(({ name }) => name === found.name);
    return { files, open: isOpen ? found : undefined };
  }

  async #names(): Promise<string[]> {
    const isThere = await Deno.stat(this.directory).then(() => true, () => false);
    return isThere ? await namesIn(this.directory) : [];
  }

  /** The entries of a file; those of one that is being written up to its last mark. Throws BackupError for what is damaged. */
  async *entriesOf(file: KeptFile | NonNullable<Kept["open"]>): AsyncGenerator<ReadEntry> {
    const path = join(this.directory, file.name);
    const isOpen = !("sha256" in file);
    const options = isOpen ? { open: true } : { expected: file };
    let reached = "";
    for await (const entry of readEntries(readArchive(path, { key: this.repository.key, ...options }))) {
      yield entry;
      if (entry.kind === "mark") reached = entry.at;
      if (isOpen && reached >= file.at) return;
    }
    if (reached >= file.at) return;
    throw new BackupError("damaged", `${path} is damaged: it does not lead to ${file.at}, as it should`);
  }

  /** Says how far the file leads that is being written. */
  async setNewest(of: NonNullable<Kept["open"]>): Promise<void> {
    await writeWhole(join(this.directory, NEWEST), `${JSON.stringify(of)}\n`);
  }

  /** A whole file counts from now on. */
  async add(file: KeptFile): Promise<void> {
    await syncDirectory(this.directory);
    await writeWhole(join(this.directory, `${file.name}.json`), `${JSON.stringify(file)}\n`);
  }

  /** Removes a file: what says that it counts first. */
  async remove(name: string): Promise<void> {
    await Deno.remove(join(this.directory, `${name}.json`));
    await Deno.remove(join(this.directory, name)).catch(() => {});
  }

  /** Makes a whole file of the one that an earlier stream was writing, and begins where it ends. */
  async seal(): Promise<Kept> {
    const { files, open } = await this.read();
    for (const name of await this.#names()) {
      const isLeft = FILE.test(name) && name !== open?.name && !files.some((file) => file.name === name);
      if (isLeft || name.endsWith(".new")) await Deno.remove(join(this.directory, name));
    }
    if (open === undefined) return { files, open };
    const path = join(this.directory, open.name);
    const writer = await ArchiveWriter.create(`${path}.new`, this.repository.key);
    const encoder = new EntryEncoder();
    for await (const entry of this.entriesOf(open)) {
      const { data, ...rest } = entry as ReadEntry & { data?: Uint8Array };
      await writer.write(encoder.encode(rest as ReadEntry, data));
    }
    const whole = { ...open, ...await writer.close() };
    await Deno.rename(`${path}.new`, path);
    await this.add(whole);
    return { files: [...files, whole], open: undefined };
  }

  /** Begins a new file behind those that are there. */
  async begin(behind: number): Promise<KeptFileWriter> {
    const numbers = (await this.#names()).filter((name) => FILE.test(name)).map((name) =>
      Number(name.slice(0, 6))
    );
    const name = `${String(Math.max(0, ...numbers) + 1).padStart(6, "0")}.records`;
    const writer = await ArchiveWriter.create(join(this.directory, name), this.repository.key);
    return new KeptFileWriter(this, writer, name, behind);
  }
}

/** The file that is being written. */
export class KeptFileWriter {
  readonly #encoder = new EntryEncoder();
  #newest: MarkEntry | undefined;

  constructor(
    readonly log: KeptLog,
    readonly writer: ArchiveWriter,
    readonly name: string,
    readonly behind: number,
  ) {}

  async write(entry: ReadEntry): Promise<void> {
    const { data, ...rest } = entry as ReadEntry & { data?: Uint8Array };
    await this.writer.write(this.#encoder.encode(rest as ReadEntry, data));
  }

  /** Makes everything up to now count, also across a loss of power. */
  async mark(mark: MarkEntry): Promise<void> {
    await this.write(mark);
    await this.writer.flush();
    const { name, behind, log } = this;
    const { kind: _, ...reached } = mark;
    await log.setNewest({ ...reached, name, behind });
    this.#newest = mark;
  }

  /** Ends it behind its last mark; one without a mark is removed. */
  async close(): Promise<void> {
    const { log, name, behind } = this;
    const written = await this.writer.close();
    if (this.#newest === undefined) return await Deno.remove(join(log.directory, name));
    const { kind: _, ...reached } = this.#newest;
    await log.add({ name, ...written, ...reached, behind });
  }
}
