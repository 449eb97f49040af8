import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ByteReader } from "../../../../../backends/backup/archive_file.ts";
import { BackupError } from "../../../../../backends/backup/errors.ts";
import { parseHeader, readTar, type TarEntry } from "../../../../../backends/postgres/backup/tar.ts";

/** A header as PostgreSQL writes it. */
function header(path: string, bytes: number, kind = "0"): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(512);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  put(0, path);
  put(100, "0000600\0");
  put(124, `${bytes.toString(8).padStart(11, "0")} `);
  put(148, "        ");
  put(156, kind);
  put(257, "ustar\x0000");
  put(148, `${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return block;
}

function padded(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil(text.length / 512) * 512);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

async function entriesOf(...blocks: Uint8Array<ArrayBuffer>[]): Promise<[TarEntry, string][]> {
  const stream = async function* () {
    const bytes = await new Blob(blocks).bytes();
    // In pieces that fit no block.
    for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
  };
  const entries: [TarEntry, string][] = [];
  await readTar(new ByteReader(stream()), async (entry, content) => {
    if (entry.path === "passed over") return void entries.push([entry, ""]);
    entries.push([entry, await new Blob(await Array.fromAsync(content) as BlobPart[]).text()]);
  });
  return entries;
}

const END = new Uint8Array(1024);

Deno.test("files and directories come with their content, also when somebody passes over one", async () => {
  const text = "x".repeat(1300);
  const entries = await entriesOf(
    header("base/", 0, "5"),
    header("passed over", 1300),
    padded(text),
    header("base/1", 1300),
    padded(text),
    header("empty", 0),
    END,
  );
  assertEquals(entries.map(([{ path, kind, bytes }, { length }]) => [path, kind, bytes, length]), [
    ["base/", "directory", 0, 0],
    ["passed over", "file", 1300, 0],
    ["base/1", "file", 1300, 1300],
    ["empty", "file", 0, 0],
  ]);
});

Deno.test("an archive that ends in the middle is refused", async () => {
  await assertRejects(() => entriesOf(header("a", 1300), padded("x")), BackupError, "ends in the middle");
  await assertRejects(() => entriesOf(header("a", 2), padded("x")), BackupError, "ends in the middle");
});

Deno.test("a name that leads out, a link and a wrong sum are refused", () => {
  for (const path of ["/etc/passwd", "../x", "a/../../x", ""]) {
    assertThrows(() => parseHeader(header(path, 1)), BackupError, "damaged");
  }
  assertThrows(() => parseHeader(header("a", 0, "2")), BackupError, "damaged");
  const changed = header("a", 1);
  changed[0] = 98;
  assertThrows(() => parseHeader(changed), BackupError, "damaged");
});

Deno.test("a file of 8 GB and more has its length in binary", () => {
  const block = header("a", 0);
  const bytes = 9_000_000_000;
  block.fill(0, 124, 136);
  block[124] = 0x80;
  new DataView(block.buffer).setBigUint64(128, BigInt(bytes));
  block.set(new TextEncoder().encode("        "), 148);
  block.set(new TextEncoder().encode(`${block.reduce((sum, byte) => sum + byte, 0).toString(8)}\0`), 148);
  assertEquals(parseHeader(block)!.bytes, bytes);
});
