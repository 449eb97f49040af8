import { assertEquals, assertThrows } from "@std/assert";
import { BackupError } from "../../../../../backends/backup/errors.ts";
import type { NatsManifest } from "../../../../../backends/backup/manifest.ts";
import type { Kept, KeptFile } from "../../../../../backends/nats/backup/kept_log.ts";
import {
  needlessFiles,
  planRecords,
  recordRanges,
} from "../../../../../backends/nats/backup/restore_plan.ts";

function at(minute: number): string {
  return `2026-11-30T10:${String(minute).padStart(2, "0")}:00.000000Z`;
}

/** A backup of the minute whose log ended at a sequence. */
function base(id: string, minute: number, last: number): NatsManifest {
  const log = { config: { name: "CASES_log" }, state: { last_seq: last, last_ts: at(minute - 1) } };
  return { id, ended_at: at(minute), streams: [log] } as unknown as NatsManifest;
}

/** A file with the log behind a sequence up to another, of the minute. */
function file(name: string, behind: number, log: number, minute: number): KeptFile {
  return { name, behind, log, at: at(minute), others: {}, bytes: 1, sha256: "" };
}

const files = [file("1", 5, 10, 2), file("2", 10, 20, 3), file("3", 20, 20, 4)];
const kept: Kept = { files, open: undefined };

Deno.test("a backup leads to the end of the files that follow on it, and alone to its own moment", () => {
  const [range] = recordRanges([base("a", 1, 7)], kept);
  assertEquals([range!.from, range!.to, range!.position], [at(1), at(4), 20 * 4_096 + 4_095]);
  const [alone] = recordRanges([base("a", 1, 7)], { files: [], open: undefined });
  assertEquals([alone!.from, alone!.to], [at(1), at(1)]);
});

Deno.test("the file that is being written counts as far as its last mark", () => {
  const { sha256: _, bytes: __, ...open } = file("4", 20, 25, 5);
  assertEquals(recordRanges([base("a", 1, 7)], { files, open })[0]!.to, at(5));
});

Deno.test("a file that is gone is a gap: nothing behind it is reached", () => {
  const gap = { files: [files[0]!, files[2]!], open: undefined };
  assertEquals(recordRanges([base("a", 1, 7)], gap)[0]!.to, at(2));
  const refused = assertThrows(() => planRecords([base("a", 1, 7)], gap, { at: at(3) }), BackupError);
  assertEquals(
    refused.message,
    `No backup leads to ${at(3)}: what can be restored is ${at(1)} to ${at(2)}`,
  );
});

Deno.test("the youngest backup before the target is taken, with the files from there on", () => {
  const bases = [base("a", 1, 7), base("b", 3, 20)];
  const chosen = ({ at, position }: { at?: string; position?: number }) => {
    const plan = planRecords(bases, kept, { at, position });
    return [plan.base.id, ...plan.files.map(({ name }) => name)];
  };
  assertEquals(chosen({ at: at(2) }), ["a", "1", "2", "3"]);
  assertEquals(chosen({ at: at(4) }), ["b", "2", "3"]);
  assertEquals(chosen({}), ["b", "2", "3"]);
  assertEquals(chosen({ position: 9 * 4_096 }), ["a", "1", "2", "3"]);
  assertThrows(() => chosen({ position: 21 * 4_096 }), BackupError, "what can be restored is");
});

Deno.test("the files that only removed backups needed go, and those behind the newest one stay", () => {
  assertEquals(needlessFiles([base("b", 3, 20)], kept), ["1"]);
  assertEquals(needlessFiles([], kept), []);
});
