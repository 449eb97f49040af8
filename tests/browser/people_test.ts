/** Several people at one console: each sees and does what the roles of their token allow, and every page is open to all senses. @module */
import { listCases } from "../../actors/case_list.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { violations } from "./support/accessibility.ts";
import { browserTests, untracked } from "./support/browser_tests.ts";

const { test, node, visit } = browserTests({ withTokens: true });

test(untracked("a viewer sees what is stuck, and is refused what mends it", async () => {
  await using visitor = await visit();
  const { page } = visitor;
  await visitor.signInAs("v.iewer");
  assertEquals(await page.locator(".rail li a").allInnerTexts(), [
    "Overview",
    "Processors",
    "Cases",
    "Stuck\n3",
    "Replay",
  ]);
  await visitor.go("/stuck");
  assertEquals(await page.getByRole("link", { name: "See what would happen" }).count(), 0);
  visitor.assertClean();
  for (const path of ["/stuck?preview=1", "/node", "/review", "/audit"]) {
    const response = await page.goto(`${node().origin}${path}`);
    assertEquals(response?.status(), 403, path);
    assertStringIncludes(await page.locator("h1").innerText(), "You may not do this");
  }
  const answer = await page.request.post(`${node().origin}/stuck/redrive`, {
    form: { group: "analysis:TypeError", count: "3", reason: "because" },
    headers: { origin: node().origin },
  });
  assertEquals([answer.status(), await node().backend.deadLetters.count()], [403, 3]);
}));

test(untracked("of two caseworkers the first one decides, and the other keeps the text", async () => {
  await using one = await visit();
  await using two = await visit();
  for (const [visitor, name] of [[one, "c.one"], [two, "c.two"]] as const) {
    await visitor.signInAs(name);
    await visitor.go("/review");
    await visitor.page.getByLabel("Reason for the file").fill(`What ${name} thinks`);
  }
  await one.page.getByRole("button", { name: "Decide" }).click();
  assertStringIncludes(await one.page.getByRole("status").innerText(), "Your decision is stored");
  await two.page.getByRole("button", { name: "Decide" }).click();
  assertStringIncludes(await two.page.getByRole("alert").innerText(), "Somebody was first");
  assertEquals(await two.page.getByLabel("Reason for the file").inputValue(), "What c.two thinks");
  one.assertClean();
}));

const pages = [
  "/",
  "/cases",
  "case",
  "/processors",
  "/stuck",
  "/stuck?preview=1",
  "/review",
  "/inbox",
  "/audit",
  "/replay",
  "replay of a case",
  "/what-if",
  "/node",
  "/login",
];

test(untracked("every page passes the rules of accessibility, in both themes", async () => {
  await using visitor = await visit();
  const { page } = visitor;
  await visitor.signInAs("admin");
  for (const path of pages) {
    await visitor.go(await addressOf(path));
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assertEquals(await violations(page), [], `${path} ${colorScheme}`);
    }
  }
  visitor.assertClean();
}));

test(untracked("no page is wider than a narrow window, and its menu opens and closes", async () => {
  await using visitor = await visit({ viewport: { width: 320, height: 640 }, reducedMotion: "reduce" });
  const { page } = visitor;
  await visitor.signInAs("admin");
  for (const path of pages) {
    await visitor.go(await addressOf(path));
    assertEquals(await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth), 320, path);
  }
  await visitor.go("/cases");
  await page.getByRole("button", { name: "Menu" }).click();
  await page.locator(".rail").getByRole("link", { name: "Stuck" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".rail").waitFor({ state: "hidden" });
  visitor.assertClean();
}));

test(
  untracked("whoever has only a keyboard skips to the content, and goes on from page to page", async () => {
    await using visitor = await visit();
    const { page } = visitor;
    await visitor.signInAs("o.perator");
    await visitor.go("/cases");
    await page.keyboard.press("Tab");
    assertEquals(await page.locator(":focus").innerText(), "Skip to the content");
    await page.keyboard.press("Enter");
    assertEquals(await page.locator(":focus").getAttribute("id"), "main");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/cases\/./);
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.waitForURL(/stuck$/);
    visitor.assertClean();
  }),
);

/** The address of a page; of a case, that of the one that changed last. */
async function addressOf(path: string): Promise<string> {
  if (path.startsWith("/")) return path;
  const [latest] = await listCases(node().backend, { limit: 1, latest: "case.review_requested" });
  return path === "case" ? `/cases/${latest!.caseId}` : `/replay?case=${latest!.caseId}`;
}
