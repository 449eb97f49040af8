/** Writes what BASE_BACKUP sends: one archive, and the server's own manifest of what is in it. @module */
import { z } from "zod";
import { BackupError } from "../../backup/errors.ts";
import type { UnfinishedBase } from "../../backup/repository.ts";

/** The log that makes the archive consistent. */
interface LogNeeded {
  readonly timeline: number;
  readonly startLsn: string;
  readonly endLsn: string;
}

const serverManifest = z.object({
  "WAL-Ranges": z.tuple([
    z.object({ "Timeline": z.number(), "Start-LSN": z.string(), "End-LSN": z.string() }),
  ]),
});

const [ARCHIVE, DATA, PROGRESS, MANIFEST] = [..."ndpm"].map((letter) => letter.charCodeAt(0));

/** Takes a base backup in. `onBytes` takes how much has come. */
export async function writeBase(
  messages: AsyncIterable<Uint8Array<ArrayBuffer>>,
  into: UnfinishedBase,
  onBytes: (bytes: number) => unknown,
): Promise<LogNeeded> {
  const archive = await into.create("base.tar");
  const manifest: Uint8Array[] = [];
  let [isManifest, archives, bytes] = [false, 0, 0];
  for await (const message of messages) {
    const [kind, body] = [message[0], message.subarray(1)];
    if (kind === MANIFEST) isManifest = true;
    else if (kind === ARCHIVE && ++archives > 1) throw tablespaces();
    else if (kind === DATA && isManifest) manifest.push(body.slice());
    else if (kind === DATA) {
      await archive.write(body);
      await onBytes(bytes += body.length);
    } else if (kind !== ARCHIVE && kind !== PROGRESS) throw unknownMessage(kind);
  }
  into.add({ name: "base.tar", ...await archive.close() });
  return await keepManifest(new TextDecoder().decode(await new Blob(manifest as BlobPart[]).bytes()), into);
}

/** The manifest comes last: without one the server broke off. */
async function keepManifest(text: string, into: UnfinishedBase): Promise<LogNeeded> {
  if (text === "") throw new BackupError("unusable", "The server broke the backup off: its log says why");
  const file = await into.create("backup_manifest");
  await file.write(new TextEncoder().encode(text));
  into.add({ name: "backup_manifest", ...await file.close() });
  const [range] = serverManifest.parse(JSON.parse(text))["WAL-Ranges"];
  return { timeline: range.Timeline, startLsn: range["Start-LSN"], endLsn: range["End-LSN"] };
}

function tablespaces(): BackupError {
  return new BackupError(
    "unusable",
    "The server has tablespaces of its own, which this backup does not take: use pg_basebackup for it",
  );
}

function unknownMessage(kind: number | undefined): BackupError {
  return new BackupError(
    "unusable",
    `The server sends what this program does not know (${kind}): use a newer one`,
  );
}
