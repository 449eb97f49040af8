/** Tests with a browser: one Chromium and one node for all of a file. @module */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { type ConditionalTests, testsRequiring } from "../../support/requires.ts";
import { findChromium, launchChromium, Visitor } from "../../support/servers/chromium.ts";
import { TestNode } from "./test_node.ts";

/** What a test of a file uses. */
export interface BrowserTests {
  readonly test: ConditionalTests;
  /** The node of the file. */
  node(): TestNode;
  visit(options?: BrowserContextOptions): Promise<Visitor>;
}

const program = await findChromium();
const missing = program === undefined
  ? "There is no Chromium: install Debian's package chromium."
  : undefined;

/** The tests of a file; skipped, and said so, where there is no Chromium. */
export function browserTests(options: Parameters<typeof TestNode.start>[0]): BrowserTests {
  const test = testsRequiring(missing, Deno.env.get("WITHOUT_CHROMIUM") === "true");
  let [browser, node]: [Browser | undefined, TestNode | undefined] = [undefined, undefined];
  test.beforeAll(async () => {
    node = await TestNode.start(options);
    browser = await launchChromium(program!);
  });
  test.afterAll(async () => {
    await browser?.close();
    await node?.[Symbol.asyncDispose]();
  });
  return {
    test,
    node: () => node!,
    visit: (context) => Visitor.open(browser!, node!.origin, context),
  };
}

/** A test whose browser works outside of it: Deno's own watch of what is left open does not count that. */
export function untracked(name: string, fn: () => Promise<void>): Deno.TestDefinition {
  return { name, fn, sanitizeOps: false, sanitizeResources: false };
}
