/**
 * The secret by which `console link` asks the node of this machine for another link: a file that only the node's user can read.
 * @module
 */
import { join } from "node:path";

const TIMEOUT_MS = 5_000;

/** What a node leaves for `console link`. */
interface LinkFile {
  readonly secret: string;
}

/** A directory that is this user's alone: the session's, or one of our own in the system's place for such. */
function directoryOf(): string {
  const runtime = Deno.env.get("XDG_RUNTIME_DIR");
  if (runtime?.startsWith("/")) return join(runtime, "zaakstroom");
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  return join(temporary, `zaakstroom-${Deno.uid() ?? "user"}`);
}

const fileOf = (port: number) => join(directoryOf(), `console-${port}.json`);

/** Writes the secret for the node at a port. Throws where the directory is somebody else's. */
export async function writeLinkFile(port: number, secret: string): Promise<void> {
  const directory = directoryOf();
  await makeDirectory(directory);
  await requireOwn(directory);
  const path = fileOf(port);
  await Deno.remove(path).catch(() => {});
  await Deno.writeTextFile(path, JSON.stringify({ secret } satisfies LinkFile), {
    mode: 0o600,
    createNew: true,
  });
}

/** Makes no directory above it: where that is missing, nothing of a node belongs. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** A directory that others can write in, or a link to elsewhere, is not trusted with a secret. */
async function requireOwn(directory: string): Promise<void> {
  const { isDirectory, uid, mode } = await Deno.lstat(directory);
  const isOwn = isDirectory && (uid === null || uid === Deno.uid()) && ((mode ?? 0) & 0o077) === 0;
  if (!isOwn) throw new Error(`${directory} is not this user's alone`);
}

export async function removeLinkFile(port: number): Promise<void> {
  await Deno.remove(fileOf(port)).catch(() => {});
}

/** The secret of the node at a port; undefined where this user runs none. */
export async function readLinkSecret(port: number): Promise<string | undefined> {
  try {
    await requireOwn(directoryOf());
    return (JSON.parse(await Deno.readTextFile(fileOf(port))) as LinkFile).secret;
  } catch {
    return undefined;
  }
}

/** Another link of the node at an address; undefined where it makes none. */
export async function askLink(url: string, secret: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}links`, {
      method: "POST",
      // A form could be another site's, so it would be asked for its origin.
      headers: { authorization: `Link ${secret}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { token } = await response.json();
    return response.ok && typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}
