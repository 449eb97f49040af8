import { assertEquals } from "@std/assert";
import { assessBackups } from "../../../../backends/backup/assessment.ts";
import type { Manifest } from "../../../../backends/backup/manifest.ts";
import { restorableRanges, type StreamedLog } from "../../../../backends/backup/restore_plan.ts";

const NOW = new Date("2026-11-30T10:10:00Z");
const base = {
  id: "a",
  ended_at: "2026-11-30T10:00:00.000000Z",
  server: { timeline: 1, segment_bytes: 1 << 24 },
  start_lsn: "0/2000028",
  newest: { at: "2026-11-30T10:00:01.000000Z", lsn: "0/3000100", position: 5 },
  files: [{ name: "wal/000000010000000000000002" }, { name: "wal/000000010000000000000003.partial" }],
} as unknown as Manifest;

function streamed(at: string, lsn = "0/3000200"): StreamedLog {
  return { segments: [], newest: { at, lsn, position: 9, timeline: 1 } };
}

/** As of these backups and this log. */
function assess(
  bases: readonly Manifest[],
  log: StreamedLog,
  slot: Parameters<typeof assessBackups>[2],
) {
  return assessBackups(restorableRanges(bases, log), log.newest?.at, slot, NOW);
}

const slot = { name: "s", active: true, wal_status: "reserved" };

Deno.test("a stream that is in time, with its slot in use, is without problems", () => {
  const found = assess([base], streamed("2026-11-30T10:09:59.000000Z"), slot);
  assertEquals(found, {
    gap_free: true,
    newest: "2026-11-30T10:09:59.000000Z",
    age_seconds: 1,
    problems: [],
  });
});

Deno.test("no backup, a silent stream, a gap, and a slot that is lost or not used are problems", () => {
  const at = "2026-11-30T10:09:59.000000Z";
  const problems = (...args: Parameters<typeof assess>) => assess(...args).problems;
  assertEquals(problems([], { segments: [], newest: undefined }, undefined), [
    "there is no backup: make one with backup create",
  ]);
  assertEquals(problems([base], streamed("2026-11-30T10:08:00.000000Z"), undefined), [
    "the log was last streamed 120 s ago: see to backup stream",
  ]);
  assertEquals(problems([base], streamed(at, "0/5000000"), "unknown"), [
    "the log has a gap behind 2026-11-30T10:00:01.000000Z: make a new backup",
  ]);
  assertEquals(problems([base], streamed(at), { ...slot, wal_status: "lost" }), [
    "the server gave the slot s up: make a new backup",
  ]);
  assertEquals(problems([base], streamed(at), { ...slot, active: false }), [
    "nothing uses the slot s: the server keeps its log for it",
  ]);
});
