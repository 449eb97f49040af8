/** The page of dependencies: versions from deno.json, licences and reasons from dependencies.json. @module */
import { page, table } from "./markdown.ts";

/** Why a package is there. */
interface Reason {
  readonly for: string;
  readonly licence: string;
}

const HERE = new URL("./", import.meta.url);

/** Throws where a package has no reason, or a reason no package. */
export async function dependencyPage(): Promise<string> {
  const versions = await versionsOf(new URL("../../../deno.json", HERE));
  const reasons = await readJson<Record<string, Reason>>(new URL("dependencies.json", HERE));
  const unknown = [...new Set(Object.keys(reasons)).symmetricDifference(new Set(versions.keys()))];
  if (unknown.length > 0) throw new Error(`deno.json and dependencies.json differ: ${unknown.join(", ")}`);
  const rows = [...versions].map(([name, version]) => [
    `\`${name}\``,
    version,
    reasons[name]!.licence,
    reasons[name]!.for,
  ]);
  return page("Dependencies", "`deno.json` and `tests/support/reference/dependencies.json`", [
    table(["Package", "Version", "Licence", "What it is for"], rows),
    "Versions are exact, and `deno.lock` holds the hash of each, and of all that they bring. The peers of " +
    "`compare --peers` have a lock of their own (`tests/performance/peers/deno.lock`), and are fetched only for it.",
  ]);
}

/** The version of each package, by its name. */
async function versionsOf(url: URL): Promise<ReadonlyMap<string, string>> {
  const { imports } = await readJson<{ imports: Record<string, string> }>(url);
  const specifier = /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)/;
  const found = Object.values(imports).map((each) => specifier.exec(each)!);
  return new Map(found.map(([, name, version]) => [name!, version!] as const).sort());
}

async function readJson<T>(url: URL): Promise<T> {
  return JSON.parse(await Deno.readTextFile(url));
}
