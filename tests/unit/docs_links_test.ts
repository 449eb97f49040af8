/** Every file and heading of this repository that a page names is there. @module */
import { assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const FOLDERS = ["docs", "actors", "backends", "console", "deploy", "schema", "simulators", "tests"];

/** Files that a page asks its reader to write. */
const WRITTEN_BY_READERS = ["/actors/processors/letter.ts"];

/** A link as it stands in a page. */
interface Link {
  readonly page: string;
  readonly target: string;
}

async function* pagesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(new URL(folder, ROOT))) {
    // What others wrote, where the packages of a folder are installed in it.
    if (name === "node_modules") continue;
    if (isDirectory && folder !== "") yield* pagesIn(`${folder}${name}/`);
    else if (isFile && name.endsWith(".md")) yield `${folder}${name}`;
  }
}

async function allPages(): Promise<readonly string[]> {
  const present = (await Array.fromAsync(Deno.readDir(ROOT))).map(({ name }) => name);
  const folders = FOLDERS.filter((folder) => present.includes(folder));
  const found = await Promise.all(
    ["", ...folders.map((each) => `${each}/`)].map((each) => Array.fromAsync(pagesIn(each))),
  );
  return found.flat();
}

/** Links to the outside are somebody else's to keep. */
function linksIn(page: string, text: string): readonly Link[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, "");
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => ({ page, target: target! }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** Files that are named from the root of the repository, in the type of a program. */
function filesNamedIn(page: string, text: string): readonly Link[] {
  const folders = FOLDERS.join("|");
  const named = new RegExp("`((?:" + folders + ")/[a-z0-9_./-]+\\.(?:ts|sql|json|md))`", "g");
  return [...text.matchAll(named)].map(([, path]) => ({ page, target: `/${path}` }))
    .filter(({ target }) => !WRITTEN_BY_READERS.includes(target));
}

async function isBroken({ page, target }: Link): Promise<boolean> {
  const url = target.startsWith("/") ? new URL(target.slice(1), ROOT) : new URL(target, new URL(page, ROOT));
  const anchor = decodeURIComponent(url.hash.slice(1));
  url.hash = "";
  try {
    if (anchor === "") await Deno.stat(url);
    else return !anchorsIn(await Deno.readTextFile(url)).has(anchor);
    return false;
  } catch {
    return true;
  }
}

/** The anchors that GitHub gives to headings. */
function anchorsIn(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return new Set(headings.map((each) => each.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")));
}

async function brokenAmong(links: readonly Link[]): Promise<readonly Link[]> {
  const broken = await Promise.all(links.map(isBroken));
  return links.filter((_, i) => broken[i]);
}

const pages = await allPages();
const texts = await Promise.all(pages.map((page) => Deno.readTextFile(new URL(page, ROOT))));

Deno.test("every link between pages, and from a page to a file or heading, resolves", async () => {
  assertEquals(await brokenAmong(pages.flatMap((page, i) => linksIn(page, texts[i]!))), []);
});

Deno.test("every file that a page names by its path is there", async () => {
  assertEquals(await brokenAmong(pages.flatMap((page, i) => filesNamedIn(page, texts[i]!))), []);
});

Deno.test("a link to a file or a heading that is not there is found, and so is the name of a file", async () => {
  const page = "README.md";
  const links = linksIn(
    page,
    "[a](LICENSE) [b](gone.md) [c](CONTRIBUTING.md#no-such-heading) [d](https://x)",
  );
  assertEquals(await brokenAmong(links), links.slice(1));
  const names = filesNamedIn(page, "`schema/events.ts` `schema/gone.ts` `schema/postgres`");
  assertEquals(await brokenAmong(names), names.slice(1));
});
