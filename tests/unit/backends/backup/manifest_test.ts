import { assertEquals, assertRejects } from "@std/assert";
import { BackupError } from "../../../../backends/backup/errors.ts";
import { keyOf } from "../../../../backends/backup/key_file.ts";
import {
  backupId,
  type Manifest,
  manifestText,
  parseManifest,
} from "../../../../backends/backup/manifest.ts";

const key = await keyOf(new Uint8Array(32).fill(7));

const manifest: Manifest = {
  format: 1,
  id: "20261130T100000000Z",
  backend: "postgres",
  label: "before } the upgrade",
  started_at: "2026-11-30T10:00:00.000000Z",
  ended_at: "2026-11-30T10:00:01.000000Z",
  server: {
    version: 180004,
    system_id: "7714053887813420730",
    timeline: 1,
    segment_bytes: 1 << 24,
    inspector: "postgres",
    database: "zaakstroom",
  },
  start_lsn: "0/2000028",
  end_lsn: "0/2000120",
  newest: { at: "2026-11-30T10:00:02.000000Z", lsn: "0/30007D8", position: null },
  files: [{ name: "wal/000000010000000000000002", bytes: 1, sha256: "0".repeat(64) }],
  key: key.id,
};

Deno.test("a manifest is read as it was written, with a key and without", async () => {
  assertEquals(await parseManifest(await manifestText(manifest, key), "m", key), manifest);
  const plain = { ...manifest, key: null };
  assertEquals(await parseManifest(await manifestText(plain, undefined), "m", undefined), plain);
});

Deno.test("a manifest that was changed by who has no key is refused", async () => {
  const text = (await manifestText(manifest, key)).replace('"bytes": 1', '"bytes": 2');
  await assertRejects(() => parseManifest(text, "m", key), BackupError, "m is damaged");
});

Deno.test("a manifest that is cut, or leads out of its directory, is refused", async () => {
  const text = await manifestText({ ...manifest, key: null }, undefined);
  for (const wrong of ["", text.slice(0, 300), text.replace("wal/0", "../0"), text.replace("wal/0", "/0")]) {
    await assertRejects(() => parseManifest(wrong, "m", undefined), BackupError, "m is damaged");
  }
});

Deno.test("names of backups are in the order of their time", () => {
  assertEquals(backupId(new Date("2026-11-30T10:00:00.123Z")), "20261130T100000.123Z");
});
