/** Debian's Chromium, where it is installed, driven by playwright-core; and what a page did wrong meanwhile. @module */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";

/** Nothing that a browser does by itself: no sandbox that root can't have, no traffic of its own. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of Chromium, or undefined. */
export async function findChromium(): Promise<string | undefined> {
  const places = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/bin", "/usr/local/bin"];
  for (
    const path of places.flatMap((place) => ["chromium", "chromium-browser"].map((name) => join(place, name)))
  ) {
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return undefined;
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

/** A person's browser: its own cookies, and an account of what its pages did wrong. */
export class Visitor implements AsyncDisposable {
  readonly #faults: string[] = [];

  private constructor(readonly context: BrowserContext, readonly page: Page, readonly origin: string) {
    page.on("console", (message) => message.type() === "error" && this.#faults.push(message.text()));
    page.on("pageerror", ({ message }) => this.#faults.push(message));
    page.on("request", (request) => {
      if (!request.url().startsWith(origin)) this.#faults.push(`a request to ${request.url()}`);
    });
  }

  static async open(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    // A busy machine takes its time.
    context.setDefaultTimeout(120_000);
    return new Visitor(context, await context.newPage(), origin);
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${this.origin}${path}`);
  }

  /** Signs in by the form for a token. */
  async signInAs(token: string): Promise<void> {
    await this.go("/login");
    await this.page.getByLabel("Token").fill(token);
    await this.page.locator("form button").click();
    await this.page.locator(".rail").waitFor({ state: "attached" });
  }

  /** No error in its console, no exception, no request to anywhere else. */
  assertClean(): void {
    assertEquals(this.#faults, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}
