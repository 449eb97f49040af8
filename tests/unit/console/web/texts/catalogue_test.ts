import { assertEquals } from "@std/assert";
import { languageOf, writerIn } from "../../../../../console/web/texts/catalogue.ts";
import { caseTexts } from "../../../../../console/web/texts/case.ts";
import { commonTexts } from "../../../../../console/web/texts/common.ts";
import { durabilityTexts } from "../../../../../console/web/texts/durability.ts";
import { flowTexts } from "../../../../../console/web/texts/flow.ts";
import { policyBoundTexts } from "../../../../../console/web/texts/policy_bounds.ts";
import { processorTexts } from "../../../../../console/web/texts/processors.ts";
import { repairTexts } from "../../../../../console/web/texts/repair.ts";
import { replayTexts } from "../../../../../console/web/texts/replay.ts";
import { whatIfTexts } from "../../../../../console/web/texts/what_if.ts";

const holesIn = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

Deno.test("every text leaves the same open in both languages, and none is empty", () => {
  for (
    const texts of [
      commonTexts,
      flowTexts,
      caseTexts,
      repairTexts,
      policyBoundTexts,
      replayTexts,
      whatIfTexts,
      processorTexts,
      durabilityTexts,
    ]
  ) {
    for (const [key, [english, dutch]] of Object.entries(texts)) {
      assertEquals(holesIn(dutch), holesIn(english), key);
      assertEquals([english === "", dutch === ""], [false, false], key);
    }
  }
});

Deno.test("a text has a form for one and for more, some also for none", () => {
  const [en, nl] = [writerIn("en"), writerIn("nl")];
  assertEquals([en("flow.dead", { n: 1 }), en("flow.dead", { n: 2 })], ["1 dead letter", "2 dead letters"]);
  assertEquals(nl("review.lead", { n: 0 }), "Geen zaak wacht op een mens.");
  assertEquals(nl("review.lead", { n: 1_200 }), "1.200 zaken wachten op een mens.");
});

Deno.test("amounts, durations and dates are written as each language has them", () => {
  const [en, nl] = [writerIn("en"), writerIn("nl")];
  assertEquals([en.euros(124_050), nl.euros(124_050)], ["€ 1,240.50", "€ 1.240,50"]);
  assertEquals([5.5, 610, 1_250, 90_000, 7_200_000].map(nl.duration), [
    "5,5 ms",
    "610 ms",
    "1,3 s",
    "2 min",
    "2 h",
  ]);
  assertEquals([en.date("2026-12-30"), nl.date("2026-12-30")], ["30 December 2026", "30 december 2026"]);
});

Deno.test("a browser that names Dutch before English gets Dutch, and any other English", () => {
  const accepted = ["nl-NL,nl;q=0.9,en;q=0.8", "en-GB,nl", "de,fr", undefined, "de,nl"];
  assertEquals(accepted.map(languageOf), ["nl", "en", "en", "en", "nl"]);
});
