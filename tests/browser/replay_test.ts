/** The past, played: a case step by step beside what the command line says of it, with a script, without one, and by keys. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { listCases } from "../../actors/case_list.ts";
import { printCase } from "../../console/commands/cases/print_case.ts";
import { historyOf } from "../../console/web/data/case_history.ts";
import { writerIn } from "../../console/web/texts/catalogue.ts";
import { printed } from "../unit/console/printed.ts";
import { appendCases } from "./support/broken_version.ts";
import { browserTests, untracked } from "./support/browser_tests.ts";

const { test, node, visit } = browserTests({ withTokens: false });

async function signedIn(options: Parameters<typeof visit>[0] = {}) {
  const visitor = await visit(options);
  await visitor.page.goto(await node().newLink());
  return visitor;
}

/** A case that went all the way to a plan. */
async function plannedCase(): Promise<string> {
  const [found] = await listCases(node().backend, { limit: 1, latest: "case.payment_plan_created" });
  return found!.caseId;
}

const lastStep = (page: Page) => page.locator("#replay-step").getAttribute("max");

/** The events of a case as `cases show --at` has them at a version. */
async function shownAt(caseId: string, version: number) {
  const { out, output } = printed();
  const values = { at: { version }, json: true, personal: false } as unknown as Parameters<
    typeof printCase
  >[2];
  assertEquals(await printCase(node().backend, caseId, values, output), 0);
  const { events } = JSON.parse(out.join("\n"));
  return events as {
    readonly version: number;
    readonly position: number;
    readonly event: { event_type: string };
  }[];
}

/** What follows from the events that `cases show --at` has: the state, and its word on the page. */
async function stateAt(caseId: string, version: number) {
  const shown = await shownAt(caseId, version);
  const stored = (await Array.fromAsync(node().backend.readCase(caseId))).slice(0, shown.length);
  const { state } = historyOf(stored).at(-1)!;
  const last = shown.at(-1)!;
  const what = writerIn("en").known(`event.${last.event.event_type}`, "");
  return { version: String(last.version), position: last.position, state, what };
}

for (const javaScriptEnabled of [true, false]) {
  test(untracked(
    `a case is replayed ${
      javaScriptEnabled ? "with" : "without"
    } a script, and is at every step as cases show --at has it`,
    async () => {
      const caseId = await plannedCase();
      await using visitor = await signedIn({ javaScriptEnabled });
      const { page } = visitor;
      await visitor.go(`/replay?case=${caseId}`);
      if (javaScriptEnabled) await page.locator("html[data-step]").waitFor();
      const count = Number(await page.locator("#replay-step").getAttribute("max"));
      assert(count >= 4);
      for (let step = 1; step <= count; step++) {
        const { version, position, state, what } = await stateAt(caseId, step);
        await page.locator(`[data-version="${version}"]`).waitFor();
        assertEquals(await page.locator("[data-state]").getAttribute("data-state"), state);
        assertStringIncludes(await page.locator('[data-live="position"]').innerText(), String(position));
        assertStringIncludes(await page.locator("[data-happened] li").first().innerText(), what);
        assertStringIncludes(await page.locator("[data-said]").innerText(), `Step ${step} of ${count}`);
        if (step < count) await page.locator('[data-step="forth"]').click();
      }
      assertEquals(await page.locator('[data-step="forth"]').getAttribute("href"), null);
      visitor.assertClean();
    },
  ));
}

test(untracked("what is stored while the latest events are looked at is not part of them", async () => {
  await using visitor = await signedIn();
  const { page } = visitor;
  await page.route("**/replay?*", async (route) => {
    await appendCases(node().backend, "since", 5);
    await route.continue();
  });
  await visitor.go("/replay");
  await page.locator('html[data-step="1"]').waitFor();
  const [first, last] = [await page.locator('[data-live="position"]').innerText(), await lastStep(page)];
  await page.locator('[data-step="forth"]').click();
  await page.locator('[data-step="back"]').click();
  assertEquals(await page.locator('[data-live="position"]').innerText(), first);
  await page.locator('[data-step="last"]').click();
  await page.locator(`html[data-step="${last}"]`).waitFor();
  visitor.assertClean();
}));

test(untracked("a stretch is played, paused and stepped by keys, and a step has an address", async () => {
  await using visitor = await signedIn();
  const { page } = visitor;
  await visitor.go("/replay?position=1");
  await page.locator('html[data-step="1"]').waitFor();
  await page.getByLabel("Speed").selectOption("86400");
  await page.locator("h1").click();
  await page.keyboard.press("Space");
  await page.locator('html[data-step]:not([data-step="1"])').waitFor();
  await page.keyboard.press("End");
  const last = await lastStep(page);
  await page.locator(`html[data-step="${last}"][data-stream="frozen"]`).waitFor();
  await page.keyboard.press(",");
  await page.locator(`html[data-step="${Number(last) - 1}"]`).waitFor();
  await page.keyboard.press("d");
  const dead = (await node().backend.deadLetters.list()).map(({ event }) => event.position);
  await page.waitForURL(new RegExp(`at=${Math.min(...dead)}$`));
  assertStringIncludes(await page.locator(".flow").innerText(), "1 dead letter");
  const said = await page.getByRole("status").innerText();
  await page.reload();
  assertEquals(await page.getByRole("status").innerText(), said);
  visitor.assertClean();
}));
