import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  ArchiveWriter,
  digestFile,
  type FileEntry,
  readArchive,
} from "../../../../backends/backup/archive_file.ts";
import { BackupError } from "../../../../backends/backup/errors.ts";
import { type BackupKey, keyOf } from "../../../../backends/backup/key_file.ts";

const key = await keyOf(new Uint8Array(32).fill(7));
const otherKey = await keyOf(new Uint8Array(32).fill(8));
/** More than two chunks. */
const content = Uint8Array.from({ length: 2_500_000 }, (_, i) => i * 31 % 251);

async function inFile(use: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-archive-" });
  await use(join(directory, "file")).finally(() => Deno.remove(directory, { recursive: true }));
}

async function written(path: string, key: BackupKey | undefined): Promise<FileEntry> {
  const writer = await ArchiveWriter.create(path, key);
  await writer.write(content.subarray(0, 10));
  await writer.flush();
  await writer.write(content.subarray(10));
  return { name: "file", ...await writer.close() };
}

async function read(path: string, options: Parameters<typeof readArchive>[1]): Promise<Uint8Array> {
  return await new Blob(await Array.fromAsync(readArchive(path, options)) as BlobPart[]).bytes();
}

for (const [how, used] of [["plain", undefined], ["encrypted", key]] as const) {
  Deno.test(`a ${how} file is read as it was written, and has the digest that its writer says`, () =>
    inFile(async (path) => {
      const entry = await written(path, used);
      assertEquals(await read(path, { key: used, expected: entry }), content);
      assertEquals({ name: "file", ...await digestFile(path) }, entry);
    }));

  Deno.test(`a ${how} file with a changed byte is refused`, () =>
    inFile(async (path) => {
      const entry = await written(path, used);
      const bytes = await Deno.readFile(path);
      bytes[1_200_000]! ^= 1;
      await Deno.writeFile(path, bytes);
      await assertRejects(
        () => read(path, { key: used, expected: entry }),
        BackupError,
        `${path} is damaged`,
      );
    }));

  Deno.test(`a ${how} file that was cut is refused`, () =>
    inFile(async (path) => {
      const entry = await written(path, used);
      await Deno.truncate(path, 2_000_000);
      await assertRejects(
        () => read(path, { key: used, expected: entry }),
        BackupError,
        `${path} is damaged`,
      );
    }));
}

Deno.test("an encrypted file shows nothing of its content, and is not read with another key", () =>
  inFile(async (path) => {
    await written(path, key);
    const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
    assertEquals(text.includes(new TextDecoder("latin1").decode(content.subarray(0, 16))), false);
    await assertRejects(() => read(path, { key: otherKey }), BackupError, "damaged");
  }));

Deno.test("an encrypted file that is cut behind a chunk is refused, unless it was being written", () =>
  inFile(async (path) => {
    await written(path, key);
    // The first chunk has ten bytes: header, length, and the tag of AES-GCM.
    await Deno.truncate(path, 40 + 4 + 10 + 16);
    await assertRejects(() => read(path, { key }), BackupError, "damaged");
    assertEquals(await read(path, { key, open: true }), content.slice(0, 10));
  }));

Deno.test("an empty file is one too", () =>
  inFile(async (path) => {
    const writer = await ArchiveWriter.create(path, key);
    const entry = { name: "file", ...await writer.close() };
    assertEquals(await read(path, { key, expected: entry }), new Uint8Array());
  }));

Deno.test({
  name: "a disk that is full is told in a line, with the file that it does not hold",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const writer = await ArchiveWriter.create("/dev/full", undefined);
    await assertRejects(
      () => writer.write(content),
      BackupError,
      "Failed while writing /dev/full: No space left on device",
    );
    writer.abort();
  },
});
