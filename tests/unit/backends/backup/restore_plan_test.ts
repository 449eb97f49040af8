import { assertEquals, assertThrows } from "@std/assert";
import { BackupError } from "../../../../backends/backup/errors.ts";
import type { Manifest } from "../../../../backends/backup/manifest.ts";
import {
  describeRanges,
  planRestore,
  restorableRanges,
  type StreamedLog,
  toMicroseconds,
} from "../../../../backends/backup/restore_plan.ts";
import { segmentName } from "../../../../backends/backup/wal_position.ts";

const MEGABYTES_16 = 1 << 24;

function at(minute: number): string {
  return `2026-11-30T10:${String(minute).padStart(2, "0")}:00.000000Z`;
}

function nameOf(segment: number): string {
  return segmentName(1, segment, MEGABYTES_16);
}

const content = { bytes: MEGABYTES_16, sha256: "0".repeat(64) };

/** Its log is in segment `first`, and the beginning of the next. */
function base(id: string, minute: number, first: number, position = minute * 100): Manifest {
  const lsn = (segment: number) => `0/${(segment * MEGABYTES_16 + 40).toString(16)}`;
  return {
    format: 1,
    id,
    backend: "postgres",
    label: "",
    started_at: at(minute - 1),
    ended_at: at(minute),
    server: {
      version: 180004,
      system_id: "1",
      timeline: 1,
      segment_bytes: MEGABYTES_16,
      inspector: "postgres",
      database: "zaakstroom",
    },
    start_lsn: lsn(first),
    end_lsn: lsn(first),
    newest: { at: at(minute + 1), lsn: lsn(first + 1), position },
    files: [`base.tar`, `wal/${nameOf(first)}`, `wal/${nameOf(first + 1)}.partial`]
      .map((name) => ({ name, ...content })),
    key: null,
  };
}

/** Segment n is filled at minute n. */
function log(segments: readonly number[], newest?: number): StreamedLog {
  return {
    segments: segments.map((segment) => ({
      name: nameOf(segment),
      ...content,
      at: at(segment),
      lsn: "0/0",
      position: segment * 100,
    })),
    newest: newest === undefined ? undefined : {
      at: at(newest),
      lsn: `0/${(newest * MEGABYTES_16 + 99).toString(16)}`,
      position: newest * 100,
      timeline: 1,
    },
  };
}

const NO_LOG = log([]);

function taken(
  bases: readonly Manifest[],
  streamed: StreamedLog,
  target: { at?: string; position?: number },
) {
  const { base: { id }, segments } = planRestore(bases, streamed, target);
  return {
    id,
    segments: segments.map(({ name, from, open }) => `${from} ${name.slice(-2)}${open ? " open" : ""}`),
  };
}

Deno.test("a backup alone leads to the moment of its end, by the log that it brought", () => {
  assertEquals(taken([base("a", 10, 10)], NO_LOG, {}), { id: "a", segments: ["base 0A", "base 0B open"] });
  assertEquals(describeRanges(restorableRanges([base("a", 10, 10)], NO_LOG)), `${at(10)} to ${at(11)}`);
});

Deno.test("a streamed log leads on, to the newest moment that is kept of it", () => {
  const streamed = log([11, 12, 13], 14);
  assertEquals(taken([base("a", 10, 10)], streamed, {}).segments, [
    "base 0A",
    "stream 0B",
    "stream 0C",
    "stream 0D",
    "stream 0E open",
  ]);
  assertEquals(restorableRanges([base("a", 10, 10)], streamed)[0]!.to, at(14));
});

Deno.test("no more of the log is taken than leads to the moment", () => {
  const streamed = log([11, 12, 13], 14);
  assertEquals(taken([base("a", 10, 10)], streamed, { at: at(12) }).segments, [
    "base 0A",
    "stream 0B",
    "stream 0C",
  ]);
  assertEquals(taken([base("a", 10, 10)], streamed, { at: at(11) }).segments, ["base 0A", "stream 0B"]);
});

Deno.test("the youngest backup before the moment is taken", () => {
  const [bases, streamed] = [
    [base("a", 10, 10), base("b", 20, 20)],
    log([11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21], 22),
  ];
  assertEquals(taken(bases, streamed, { at: at(19) }).id, "a");
  assertEquals(taken(bases, streamed, { at: at(20) }).id, "b");
  assertEquals(taken(bases, streamed, { position: 1900 }).id, "a");
  assertEquals(taken(bases, streamed, { position: 2001 }).id, "b");
});

Deno.test("a moment that no backup leads to is refused, with all that can be had", () => {
  const bases = [base("a", 10, 10), base("b", 20, 20)];
  for (const moment of [at(5), at(15), at(30)]) {
    const error = assertThrows(() => planRestore(bases, log([11, 12]), { at: moment }), BackupError);
    assertEquals(
      error.message,
      `No backup leads to ${moment}: what can be restored is ${at(10)} to ${at(12)}, and ${at(20)} to ${
        at(21)
      }`,
    );
    assertEquals(error.kind, "unreachable");
  }
});

Deno.test("a position that no backup leads to is refused, with all that can be had", () => {
  const bases = [base("a", 10, 10)];
  for (const position of [1000, 1401]) {
    const error = assertThrows(() => planRestore(bases, log([11, 12, 13], 14), { position }), BackupError);
    assertEquals(
      error.message,
      `No backup leads to position ${position}: what can be restored is 1001 to 1400`,
    );
  }
});

Deno.test("a missing file of the log ends what can be restored, and the rest counts from the next backup on", () => {
  const bases = [base("a", 10, 10), base("b", 20, 20)];
  const ranges = restorableRanges(bases, log([11, 12, 14, 15, 16, 17, 18, 19, 20, 21], 22));
  assertEquals(ranges.map(({ from, to }) => [from, to]), [[at(10), at(12)], [at(20), at(22)]]);
});

Deno.test("without any backup nothing can be restored", () => {
  assertThrows(() => planRestore([], log([11], 12), {}), BackupError, "There is no backup to restore from");
});

Deno.test("a time is brought to microseconds in UTC, and keeps those that it has", () => {
  assertEquals(toMicroseconds("2026-11-30T10:00:00Z"), "2026-11-30T10:00:00.000000Z");
  assertEquals(toMicroseconds("2026-11-30T12:00:00.123456+02:00"), "2026-11-30T10:00:00.123456Z");
});
