/**
 * Makes the screenshots in docs/screenshots by `deno task docs:screenshots`, on a store that a seed fills: a version that was
 * broken left dead letters, and cases flow. Figures and times are of the run, so the pictures differ a little each time. @module
 */
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { findChromium, launchChromium, Visitor } from "../../support/servers/chromium.ts";
import { appendCases } from "./broken_version.ts";
import { TestNode } from "./test_node.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/screenshots/", import.meta.url));
const SIZE = { width: 1200, height: 760 };

/** A picture: where it is, and what is done before it is taken. */
interface Shot {
  readonly name: string;
  readonly path: string;
  readonly prepare?: (page: Page) => Promise<unknown>;
}

const shots: readonly Shot[] = [
  { name: "overview", path: "/" },
  { name: "processors", path: "/processors" },
  {
    name: "case",
    path: "/cases?latest=case.payment_plan_created",
    prepare: (page) => page.locator("tbody a").first().click(),
  },
  { name: "stuck", path: "/stuck?preview=1" },
  {
    name: "replay",
    path: "/replay",
    prepare: async (page) => {
      await page.locator("html[data-step]").waitFor();
      await page.locator('[data-step="last"]').click();
    },
  },
  { name: "what_if", path: "/what-if?forgive_max=250&capacity_share=0.9" },
  {
    name: "what_if_run",
    path: "/what-if?forgive_max=250&capacity_share=0.9",
    prepare: async (page) => {
      await page.getByLabel("Why").fill("The council asks what a tenth for the household does.");
      await page.getByRole("button", { name: "Work it out" }).click();
      await page.getByText("Done", { exact: true }).waitFor();
      await page.goto(page.url().replace(/\?.*/, "?cell=1"));
    },
  },
];

const program = await findChromium();
if (program === undefined) throw new Error("There is no Chromium: install Debian's package chromium");
await Deno.mkdir(FOLDER, { recursive: true });
const node = await TestNode.start({ withTokens: false });
const browser = await launchChromium(program);
try {
  await appendCases(node.backend, "screenshots", 400);
  await node.backend.pauses.pause({ kind: "processor", name: "decision" }, {
    by: "o.perator",
    why: "The table of March is being corrected.",
  });
  await appendCases(node.backend, "later", 60);
  for (const shot of shots) await take(shot);
} finally {
  await browser.close();
  await node[Symbol.asyncDispose]();
}

async function take({ name, path, prepare }: Shot): Promise<void> {
  await using visitor = await Visitor.open(browser, node.origin, { viewport: SIZE });
  const { page } = visitor;
  await page.goto(await node.newLink());
  await visitor.go(path);
  await prepare?.(page);
  // The live stream never ends: what is loaded is what was asked for.
  await page.waitForLoadState("load");
  await page.screenshot({ path: `${FOLDER}${name}.png`, animations: "disabled" });
  visitor.assertClean();
}
