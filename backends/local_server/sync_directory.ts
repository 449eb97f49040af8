/** Directories on a disk. @module */

/** Makes what was renamed, created or removed directly in a directory survive a loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path);
  await directory.sync();
}
