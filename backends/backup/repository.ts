/** The directory of the backups of one store, and how files get there so that a loss of power leaves them whole or absent. @module */
import { dirname, join } from "node:path";
import { z } from "zod";
import { takeIfFree } from "../local_server/file_lock.ts";
import { syncDirectory } from "../local_server/sync_directory.ts";
import { ArchiveWriter, type FileEntry } from "./archive_file.ts";
import { BackupError } from "./errors.ts";
import type { BackupKey } from "./key_file.ts";
import {
  type AnyManifest,
  fileSchema,
  type Manifest,
  manifestText,
  markSchema,
  type NatsManifest,
  parseManifest,
} from "./manifest.ts";
import type { SegmentEntry, StreamedLog } from "./restore_plan.ts";
import { makeDirectory, namesIn, parseJson, readIfThere, writeWhole } from "./whole_files.ts";

/** Marks a backup that is being made. */
const UNFINISHED = ".new-";
const MANIFEST = "manifest.json";

const about = z.strictObject({ format: z.literal(1), system_id: z.string(), key: z.string().nullable() });
const newest = z.strictObject({ ...markSchema.shape, timeline: z.number().int() });
const segment = z.strictObject({ ...markSchema.shape, ...fileSchema.shape });

/** Of what a directory holds backups: a whole server, known by its identifier, under one key or none. */
type About = z.infer<typeof about>;

export class BackupRepository {
  private constructor(readonly root: string, readonly key: BackupKey | undefined) {}

  /**
   * Opens a directory of backups, or with `systemId` makes it the one of a server. Throws BackupError where it is none, is of
   * another server, or was written with another key.
   */
  static async open(root: string, key?: BackupKey, systemId?: string): Promise<BackupRepository> {
    const repository = new BackupRepository(root, key);
    const path = join(root, "repository.json");
    const text = await readIfThere(path);
    if (text !== undefined) {
      repository.#require(parseJson(about, text, path), systemId);
      return repository;
    }
    if (systemId === undefined) {
      throw new BackupError("unreachable", `There are no backups in ${root}: backup create makes one`);
    }
    await makeDirectory(join(root, "base"));
    await makeDirectory(join(root, "wal"));
    const made: About = { format: 1, system_id: systemId, key: key?.id ?? null };
    await writeWhole(path, `${JSON.stringify(made)}\n`);
    return repository;
  }

  #require({ key, system_id: ofSystem }: About, systemId: string | undefined): void {
    if (systemId !== undefined && systemId !== ofSystem) {
      throw new BackupError(
        "unusable",
        `${this.root} holds backups of another server (${ofSystem}, this one is ${systemId}): name another directory`,
      );
    }
    if (key === (this.key?.id ?? null)) return;
    const why = key === null
      ? "are not encrypted: leave --key-file out"
      : this.key === undefined
      ? "are encrypted: name the key with --key-file"
      : "were made with another key than this one";
    throw new BackupError("unusable", `The backups in ${this.root} ${why}`);
  }

  /** Keeps others from the same work; closing the file lets them. Throws BackupError while another process has it. */
  async lock(name: "create" | "stream"): Promise<Deno.FsFile> {
    const lock = await takeIfFree(join(this.root, `${name}.lock`));
    if (lock !== undefined) return lock;
    throw new BackupError("in_use", `Another backup ${name} writes to ${this.root}: wait for it, or end it`);
  }

  /** The whole backups of a PostgreSQL server, oldest first. */
  async bases(): Promise<Manifest[]> {
    return (await this.backups()).filter((backup) => backup.backend === "postgres");
  }

  /** The whole backups of a store on JetStream, oldest first. */
  async streamBackups(): Promise<NatsManifest[]> {
    return (await this.backups()).filter((backup) => backup.backend === "nats");
  }

  /** The whole backups, oldest first. */
  async backups(): Promise<AnyManifest[]> {
    const names = await namesIn(join(this.root, "base"));
    const whole = names.filter((name) => !name.includes(UNFINISHED)).toSorted();
    const read = whole.map(async (id) => {
      const path = join(this.basePath(id), MANIFEST);
      const text = await readIfThere(path);
      if (text === undefined) throw new BackupError("damaged", `A file of the backup is missing: ${path}`);
      return await parseManifest(text, path, this.key);
    });
    return await Promise.all(read);
  }

  /** Where the files of a backup lie. */
  basePath(id: string): string {
    return join(this.root, "base", id);
  }

  /** A place for a backup that begins; what others left half made goes. Call it with the lock of `create`. */
  async begin(id: string): Promise<UnfinishedBase> {
    for (const name of await namesIn(join(this.root, "base"))) {
      if (name.includes(UNFINISHED)) await Deno.remove(join(this.root, "base", name), { recursive: true });
    }
    const path = join(this.root, "base", `${id}${UNFINISHED}${crypto.randomUUID().slice(0, 8)}`);
    await makeDirectory(join(path, "wal"));
    return new UnfinishedBase(path, this);
  }

  /** Where the streamed log lies. */
  get walPath(): string {
    return join(this.root, "wal");
  }

  /** What was streamed: the files that are whole, in their order, and how far the one is that is not. */
  async streamed(): Promise<StreamedLog> {
    const names = (await namesIn(this.walPath)).filter((name) => /^[0-9A-F]{24}\.json$/.test(name))
      .toSorted();
    const segments = await Promise.all(names.map((name) => this.#segment(join(this.walPath, name))));
    const path = join(this.walPath, "newest.json");
    const text = await readIfThere(path);
    return { segments, newest: text === undefined ? undefined : parseJson(newest, text, path) };
  }

  async #segment(path: string): Promise<SegmentEntry> {
    return parseJson(segment, await readIfThere(path) ?? "", path);
  }

  /** A whole file of the log counts from now on. */
  async addSegment(entry: SegmentEntry): Promise<void> {
    await writeWhole(join(this.walPath, `${entry.name}.json`), `${JSON.stringify(entry)}\n`);
  }

  /** Says which moment can be restored by what was streamed. */
  async setNewest(mark: NonNullable<StreamedLog["newest"]>): Promise<void> {
    await writeWhole(join(this.walPath, "newest.json"), `${JSON.stringify(mark)}\n`);
  }

  /** Removes a file of the log: what says that it counts first. */
  async removeSegment(name: string): Promise<void> {
    await Deno.remove(join(this.walPath, `${name}.json`));
    await Deno.remove(join(this.walPath, name)).catch(() => {});
  }

  /** Removes a backup: its name first, so that one half removed is none. */
  async removeBase(id: string): Promise<void> {
    const aside = `${this.basePath(id)}${UNFINISHED}removed`;
    await Deno.rename(this.basePath(id), aside);
    await Deno.remove(aside, { recursive: true });
  }
}

/** A backup that is being made, which nothing takes for one. */
export class UnfinishedBase {
  #files: FileEntry[] = [];

  constructor(readonly path: string, readonly repository: BackupRepository) {}

  create(name: string): Promise<ArchiveWriter> {
    return ArchiveWriter.create(join(this.path, name), this.repository.key);
  }

  /** A file is whole. */
  add(file: FileEntry): void {
    this.#files.push(file);
  }

  /** Removes files that turned out not to be needed. */
  async drop(isNeedless: (name: string) => boolean): Promise<void> {
    for (const { name } of this.#files.filter((file) => isNeedless(file.name))) {
      await Deno.remove(join(this.path, name));
    }
    this.#files = this.#files.filter((file) => !isNeedless(file.name));
  }

  /** Makes it a backup: the manifest, then its name. */
  async finish<M extends AnyManifest>(of: Omit<M, "files" | "key">): Promise<M> {
    const { key } = this.repository;
    const manifest = { ...of, files: this.#files, key: key?.id ?? null } as unknown as M;
    await syncDirectory(join(this.path, "wal"));
    await writeWhole(join(this.path, MANIFEST), await manifestText(manifest, key));
    await Deno.rename(this.path, this.repository.basePath(of.id));
    await syncDirectory(dirname(this.path));
    return manifest;
  }

  async discard(): Promise<void> {
    await Deno.remove(this.path, { recursive: true }).catch(() => {});
  }
}
