/** The policy of tomorrow: tried at once, worked out over everything in the background, seen and cancelled by others. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { STORE_TRAIL } from "../../backends/dead_letters.ts";
import { browserTests, untracked } from "./support/browser_tests.ts";
import { violations } from "./support/accessibility.ts";

const { test, node, visit } = browserTests({ withTokens: true });

test(
  untracked(
    "another policy is tried at once, then on everything, and others see what came of it",
    async () => {
      await using asker = await visit();
      await asker.signInAs("admin");
      const { page } = asker;
      await asker.go("/what-if");
      await page.getByLabel("Part of the room to repay that may be asked for").fill("0.4");
      await page.getByRole("button", { name: "Try on recent cases" }).click();
      assertStringIncludes(await page.locator("h1").innerText(), "cases would get another decision");
      assertStringIncludes(await page.locator(".policy").innerText(), "Changed");
      await page.getByLabel("Why").fill("The council asks");
      await page.getByRole("button", { name: "Work it out" }).click();
      await page.getByText("Done", { exact: true }).waitFor();
      assertStringIncludes(await page.locator("h1").innerText(), "cases would get another decision");
      await page.locator("#shares").getByRole("link", { name: "Income" }).click();
      assertStringIncludes(page.url(), "by=income_source");
      const [report] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Report" }).click(),
      ]);
      assertEquals(report.suggestedFilename(), "what-if.html");
      await using other = await visit({ javaScriptEnabled: false, locale: "nl-NL" });
      await other.signInAs("a.udit");
      await other.go("/what-if");
      await other.page.getByRole("link", { name: "Deel van de afloscapaciteit" }).click();
      assertStringIncludes(await other.page.locator("main").innerText(), "The council asks");
      await other.page.getByRole("link", { name: "Speel dit terug" }).first().click();
      assertEquals(new URL(other.page.url()).pathname, "/replay");
      const trail = await node().backend.audit(STORE_TRAIL);
      assert(trail.some(({ act, by }) => act === "what_if_start" && by === "admin"));
      asker.assertClean();
      other.assertClean();
    },
  ),
);

test(untracked("a run is open to all senses, and no wider than a narrow window", async () => {
  await using visitor = await visit({ viewport: { width: 320, height: 640 } });
  const { page } = visitor;
  await visitor.signInAs("admin");
  await visitor.go("/what-if?missed_max=1");
  await page.getByLabel("Why").fill("To look at it");
  await page.getByRole("button", { name: "Work it out" }).click();
  await page.getByText("Done", { exact: true }).waitFor();
  await visitor.go("/what-if?capacity_share=0.4");
  assertEquals(await violations(page), []);
  await visitor.go("/what-if");
  for (
    const run of await page.locator("td a").evaluateAll((all) => all.map((a) => a.getAttribute("href")!))
  ) {
    await visitor.go(run);
    assertEquals(await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth), 320, run);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assertEquals(await violations(page), [], `${run} ${colorScheme}`);
    }
  }
  visitor.assertClean();
}));
