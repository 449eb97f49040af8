import { assertEquals } from "@std/assert";
import { clockFinding, sizeOf, spaceFinding } from "../../../../backends/diagnosis/finding.ts";

Deno.test("a clock is judged by how far it is off, whichever way", () => {
  const levels = [0, 900, -1_500, 59_000, -61_000].map((ahead) => clockFinding(ahead).level);
  assertEquals(levels, ["ok", "ok", "advice", "advice", "problem"]);
  assertEquals(clockFinding(-1_500).found, "the server's clock is 1.50 s behind");
});

Deno.test("a disk is judged by what is free of it", () => {
  const levels = [0, 74, 80, 95, 120].map((usedBytes) =>
    spaceFinding({ usedBytes, totalBytes: 100 }, "make it larger").level
  );
  assertEquals(levels, ["ok", "ok", "advice", "problem", "problem"]);
});

Deno.test("bytes are shown in powers of 1,024", () => {
  assertEquals([0, 512, 1_536, 2 * 1024 ** 3, 5_000 * 1024 ** 4].map(sizeOf), [
    "0 B",
    "512 B",
    "1.5 kB",
    "2.0 GB",
    "5000.0 TB",
  ]);
});
