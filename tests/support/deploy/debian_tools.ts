/** Programs of Debian packages: downloaded by apt into the cache and unpacked there, so that nothing is installed. @module */
import { join } from "node:path";
import { testsRequiring } from "../requires.ts";
import { cacheDirectory, runTool } from "./tools.ts";

/** The folder that holds a package's files, and those of the packages that it needs; undefined where it can't be had. */
export async function findDebianTool(...packages: readonly string[]): Promise<string | undefined> {
  const cache = await cacheDirectory();
  const folder = join(cache, `debian-${packages.join("+")}`);
  if (await Deno.stat(folder).then(() => true, () => false)) return folder;
  // Test files run side by side: each fetches aside, and the first one's is kept.
  const aside = await Deno.makeTempDir({ dir: cache });
  try {
    if (!await unpack(packages, aside)) return undefined;
    await Deno.rename(aside, folder).catch(() => {});
    return folder;
  } finally {
    await Deno.remove(aside, { recursive: true }).catch(() => {});
  }
}

async function unpack(packages: readonly string[], directory: string): Promise<boolean> {
  const download = () => runTool("apt-get", ["-qq", "download", ...packages], { cwd: directory });
  if (!(await download()).success) {
    await runTool("apt-get", ["-qq", "update"]);
    if (!(await download()).success) return false;
  }
  for await (const { name } of Deno.readDir(directory)) {
    const archive = join(directory, name);
    if (!(await runTool("dpkg", ["-x", archive, directory])).success) return false;
    await Deno.remove(archive);
  }
  return true;
}

/** `Deno.test` for tests that need a program of these packages: ignored, and said loudly, where they can't be had. */
export async function testsWithDebian(...packages: readonly string[]) {
  const folder = await findDebianTool(...packages);
  const missing = folder === undefined ? `apt-get can't download ${packages.join(" and ")}` : undefined;
  return { test: testsRequiring(missing, true), folder: folder! };
}
