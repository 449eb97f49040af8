import { assertEquals, assertNotEquals } from "@std/assert";
import { describeDurability as onNats } from "../../../../../backends/nats/operations/durability.ts";
import { describeDurability as onPostgres } from "../../../../../backends/postgres/operations/durability.ts";
import { writerIn } from "../../../../../console/web/texts/catalogue.ts";
import { durabilityTexts } from "../../../../../console/web/texts/durability.ts";
import { durabilityText } from "../../../../../console/web/views/durability.ts";

const promises = [
  ...["on", "off"].flatMap((fsync) =>
    ["on", "off", "local"].flatMap((commit) =>
      ["", "one"].map((standbys) => onPostgres({ fsync, commit, standbys }))
    )
  ),
  ...[1, 3].flatMap((replicas) => [true, false, undefined].map((always) => onNats(replicas, always))),
];

Deno.test("what a store promises is said in English as the store says it, and in Dutch on Dutch pages", () => {
  for (const { durability, promised } of promises) {
    assertEquals(durabilityText(durability, promised, writerIn("en")), durability);
    assertNotEquals(durabilityText(durability, promised, writerIn("nl")), durability);
  }
  const said = new Set(promises.map(({ promised }) => `durability.${promised!.kind}`));
  assertEquals(Object.keys(durabilityTexts).filter((key) => !said.has(key)), ["durability.memory"]);
});
