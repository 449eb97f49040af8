/** Whether a page is open to all senses, as axe finds it. @module */
import axe, { run as axeRun } from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds: rules of WCAG 2.0 to 2.2, A and AA, and its best practices. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = await page.locator("html").evaluate(async (html) => {
    const { axe } = globalThis as unknown as { axe: { run: typeof axeRun } };
    const values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    return (await axe.run(html, { runOnly: { type: "tag", values } })).violations;
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(" ")}`);
}
