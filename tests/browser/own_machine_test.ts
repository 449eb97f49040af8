/** The console of one's own machine: the link, the live flow, a case step by step, a broken handler mended. @module */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { appendCases } from "./support/broken_version.ts";
import { browserTests, untracked } from "./support/browser_tests.ts";
import { BROKEN } from "./support/test_node.ts";

const { test, node, visit } = browserTests({ withTokens: false });

/** A second use of the link is refused, so each test signs in by its own. */
async function signedIn(options: Parameters<typeof visit>[0] = {}) {
  const visitor = await visit(options);
  await visitor.page.goto(await node().newLink());
  return visitor;
}

test(untracked("the link signs in once, and the flow of cases is seen live", async () => {
  const link = await node().newLink();
  await using visitor = await visit();
  const { page } = visitor;
  await page.goto(link);
  assertEquals(new URL(page.url()).pathname, "/");
  await page.locator('html[data-stream="live"]').waitFor();
  const before = await page.locator('[data-live="intake.rate"]').textContent();
  await appendCases(node().backend, "more", 60);
  const grown = page.locator('[data-live="intake.rate"]').filter({ hasNotText: before! });
  await grown.waitFor();
  visitor.assertClean();
  await page.goto(link);
  assertStringIncludes(await page.locator("main").innerText(), "used already");
}));

test(untracked("what moves stands still when it is frozen, and goes on after", async () => {
  await using visitor = await signedIn();
  const { page } = visitor;
  await page.locator('html[data-stream="live"]').waitFor();
  await page.keyboard.press("f");
  await page.locator('html[data-stream="frozen"]').waitFor();
  await page.locator("[data-freeze]").click();
  await page.locator('html[data-stream="live"]').waitFor();
  visitor.assertClean();
}));

test(
  untracked(
    "a case is found and stepped through, with the state and its reason at each version",
    async () => {
      await using visitor = await signedIn();
      const { page } = visitor;
      await visitor.go("/cases?latest=case.payment_plan_created");
      await page.locator("tbody a").first().click();
      const heading = page.locator("h2").first();
      assertStringIncludes(await heading.innerText(), "version 4 of 4");
      await page.keyboard.press("ArrowLeft");
      await page.waitForURL(/v=3/);
      assertStringIncludes(await heading.innerText(), "version 3 of 4");
      assertStringIncludes(await page.locator(".diff").innerText(), "payment plan");
      assertNotEquals(await page.locator(".rules dt").count(), 0);
      await page.getByRole("link", { name: "version 2" }).first().click();
      await page.waitForURL(/v=2/);
      visitor.assertClean();
    },
  ),
);

test(
  untracked("a broken handler is seen stuck, its redrive tried without effect, and then done", async () => {
    await using visitor = await signedIn();
    const { page } = visitor;
    await visitor.go("/");
    await page.getByRole("link", { name: "Look and mend" }).click();
    assertStringIncludes(await page.locator("h1").innerText(), `${BROKEN} messages are stuck`);
    await page.getByRole("link", { name: "See what would happen" }).click();
    assertStringIncludes(await page.locator("#preview").innerText(), "Nothing is stored");
    assertEquals(await node().backend.deadLetters.count(), BROKEN);
    const form = page.locator("#preview form");
    await form.getByLabel("Why").fill("Mended in 1.8.2");
    await form.getByLabel("Type the number").fill(String(BROKEN - 1));
    await form.getByRole("button").click();
    assertStringIncludes(await page.locator("main").innerText(), "Nothing was done");
    assertEquals(await node().backend.deadLetters.count(), BROKEN);
    await page.goBack();
    await form.getByLabel("Why").fill("Mended in 1.8.2");
    await form.getByLabel("Type the number").fill(String(BROKEN));
    await form.getByRole("button").click();
    assertStringIncludes(await page.getByRole("status").innerText(), `${BROKEN} messages were offered again`);
    assertEquals(await node().backend.deadLetters.count(), 0);
    await visitor.go("/audit");
    assert((await page.locator("tbody tr").count()) >= BROKEN);
    assertStringIncludes(await page.locator("tbody").innerText(), "Mended in 1.8.2");
  }),
);

test(untracked("every page works without a script", async () => {
  await using visitor = await signedIn({ javaScriptEnabled: false });
  const { page } = visitor;
  for (
    const name of [
      "Processors",
      "Cases",
      "Review",
      "Stuck",
      "Refused",
      "Replay",
      "What if",
      "Audit trail",
      "Node",
      "Overview",
    ]
  ) {
    await page.getByRole("link", { name, exact: false }).first().click();
    assertNotEquals(await page.locator("h1").innerText(), "");
  }
  await page.getByRole("button", { name: "Nederlands" }).click();
  assertEquals(await page.locator("html").getAttribute("lang"), "nl");
  await page.getByRole("button", { name: "Afmelden" }).click();
  assertEquals(new URL(page.url()).pathname, "/login");
  await visitor.go("/cases");
  assertEquals(new URL(page.url()).pathname, "/login");
}));

test(untracked("a processor is paused with a reason, seen on the Overview, and resumed", async () => {
  await using visitor = await signedIn();
  const { page } = visitor;
  await visitor.go("/processors");
  const row = page.locator("#follow_up");
  await row.getByText("Pause Follow-up").first().click();
  await row.getByLabel("Why").fill("The letters are being corrected");
  await row.getByRole("button").click();
  assertStringIncludes(await page.getByRole("status").innerText(), "The processor is paused");
  assertStringIncludes(await row.innerText(), "The letters are being corrected");
  await visitor.go("/");
  await page.getByText("Follow-up is paused, by admin.").waitFor();
  await page.getByRole("link", { name: "To the processors" }).click();
  await row.getByText("Resume Follow-up").first().click();
  await row.getByLabel("Why").fill("They are correct again");
  await row.getByRole("button").click();
  assertStringIncludes(await page.locator("h1").innerText(), "All processors take work");
  assertEquals(await node().backend.pauses.list(), []);
  visitor.assertClean();
}));
