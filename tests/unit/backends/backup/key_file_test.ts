import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { BackupError } from "../../../../backends/backup/errors.ts";
import { keyOf, readKeyFile } from "../../../../backends/backup/key_file.ts";

async function withKeyFile(text: string, mode: number, use: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-key-" });
  const path = join(directory, "key");
  await Deno.writeTextFile(path, text, { mode });
  await use(path).finally(() => Deno.remove(directory, { recursive: true }));
}

Deno.test("a key file of 64 hexadecimal digits is read, and always gives the same key", () =>
  withKeyFile(`${"0a".repeat(32)}\n`, 0o600, async (path) => {
    const [read, made] = [await readKeyFile(path), await keyOf(new Uint8Array(32).fill(10))];
    assertEquals(read.id, made.id);
    assertEquals(await read.sign("text"), await made.sign("text"));
    assertNotEquals(await read.sign("text"), await read.sign("texts"));
  }));

Deno.test("a key file that others may read is refused, with what to do", () =>
  withKeyFile("0a".repeat(32), 0o644, async (path) => {
    await assertRejects(() => readKeyFile(path), BackupError, `chmod 600 ${path}`);
  }));

Deno.test("what is no key is refused without repeating it", () =>
  withKeyFile("hunter2", 0o600, async (path) => {
    const error = await assertRejects(() => readKeyFile(path), BackupError, "is no key file");
    assertEquals(error.message.includes("hunter2"), false);
  }));
