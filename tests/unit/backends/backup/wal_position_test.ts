import { assertEquals, assertThrows } from "@std/assert";
import {
  formatLsn,
  parseLsn,
  parseSegmentName,
  segmentName,
  segmentOf,
  startOfSegment,
} from "../../../../backends/backup/wal_position.ts";

const MEGABYTES_16 = 1 << 24;

Deno.test("a place in the log is read and written as PostgreSQL does", () => {
  assertEquals(parseLsn("16/B374D848"), 0x16_B374_D848n);
  assertEquals(formatLsn(0x16_B374_D848n), "16/B374D848");
  assertEquals(formatLsn(parseLsn("0/2000028")), "0/2000028");
  assertThrows(() => parseLsn("B374D848"), TypeError);
});

Deno.test("the file of a place has the name that PostgreSQL gives it, whatever the size of files", () => {
  const lsn = parseLsn("16/B374D848");
  assertEquals(segmentName(1, segmentOf(lsn, MEGABYTES_16), MEGABYTES_16), "0000000100000016000000B3");
  assertEquals(segmentName(2, segmentOf(lsn, 1 << 30), 1 << 30), "000000020000001600000002");
});

Deno.test("a name of a file says its timeline and number, and other names say nothing", () => {
  const segment = segmentOf(parseLsn("16/B374D848"), MEGABYTES_16);
  assertEquals(parseSegmentName("0000000A00000016000000B3", MEGABYTES_16), { timeline: 10, segment });
  assertEquals(parseSegmentName("00000002.history", MEGABYTES_16), undefined);
  assertEquals(parseSegmentName("0000000A00000016000000B3.partial", MEGABYTES_16), undefined);
});

Deno.test("a file begins where its size divides", () => {
  assertEquals(formatLsn(startOfSegment(parseLsn("0/2FFFFFF"), MEGABYTES_16)), "0/2000000");
});
