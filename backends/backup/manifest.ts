/** What a backup says of itself: written last, so that one that was cut off has none and is no backup. @module */
import { z } from "zod";
import { BackupError } from "./errors.ts";
import type { BackupKey } from "./key_file.ts";

const FORMAT = 1;

const file = z.strictObject({
  name: z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/).refine((name) => !name.split("/").includes("..")),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const time = z.iso.datetime({ offset: true, precision: 6 });

/** A moment of the server and where its log was then: each commit up to `at` lies before `lsn`, and a later one too. */
const mark = z.strictObject({
  at: time,
  lsn: z.string(),
  /** The last position of the event log; null where it can't be read. */
  position: z.number().int().nonnegative().nullable(),
});

/** What every backup has. */
const common = {
  format: z.literal(FORMAT),
  id: z.string(),
  label: z.string(),
  started_at: time,
  /** From here on moments can be restored from it. */
  ended_at: time,
  files: z.array(file),
  /** Names the key by which the files are encrypted; null for plain files. */
  key: z.string().nullable(),
};

const postgresManifest = z.strictObject({
  ...common,
  backend: z.literal("postgres"),
  server: z.strictObject({
    version: z.number().int(),
    system_id: z.string(),
    timeline: z.number().int(),
    segment_bytes: z.number().int(),
    /** Who owns the cluster, for the one who restores it. */
    inspector: z.string(),
    database: z.string(),
  }),
  start_lsn: z.string(),
  end_lsn: z.string(),
  newest: mark,
});

const natsManifest = z.strictObject({
  ...common,
  backend: z.literal("nats"),
  server: z.strictObject({ version: z.string(), stream: z.string(), prefix: z.string() }),
  /** In the order in which they are restored: that of the events is the last. */
  streams: z.array(
    z.strictObject({
      file: z.string(),
      created: z.string().optional(),
      config: z.looseObject({ name: z.string() }),
      state: z.looseObject({
        messages: z.number(),
        first_seq: z.number(),
        last_seq: z.number(),
      }),
    }),
  ),
});

const manifest = z.discriminatedUnion("backend", [postgresManifest, natsManifest]);

/** A backup of a whole PostgreSQL server, with the write-ahead log that makes it consistent. */
export type Manifest = z.infer<typeof postgresManifest>;
/** A backup of the streams of a store on JetStream. */
export type NatsManifest = z.infer<typeof natsManifest>;
export type AnyManifest = z.infer<typeof manifest>;
/** A moment that can be restored, as an ISO time with microseconds. */
export type Mark = z.infer<typeof mark>;
export { file as fileSchema, mark as markSchema, time };

/** The text of a manifest: JSON, and behind it a line that proves who wrote it, where there is a key. */
export async function manifestText(of: AnyManifest, key: BackupKey | undefined): Promise<string> {
  const text = JSON.stringify(of, null, 2);
  return key === undefined ? `${text}\n` : `${text}\n${await key.sign(text)}\n`;
}

/** Reads a manifest; with a key it must have been written by who has it. Throws BackupError, naming its path. */
export async function parseManifest(
  text: string,
  path: string,
  key: BackupKey | undefined,
): Promise<AnyManifest> {
  const end = text.lastIndexOf("}") + 1;
  const parsed = manifest.safeParse(parseJson(text.slice(0, end)));
  if (!parsed.success) throw new BackupError("damaged", `${path} is damaged: it is no manifest of a backup`);
  if (key !== undefined && parsed.data.key !== null) {
    if (await key.sign(text.slice(0, end)) !== text.slice(end).trim()) {
      throw new BackupError("damaged", `${path} is damaged: it was not written by who has this key`);
    }
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A name for a backup that begins now, in the order of time: `20261130T194700.123Z`. Nine digits in a row would be taken for the
 * number of a citizen, and not be printed.
 */
export function backupId(now: Date): string {
  return now.toISOString().replaceAll(/[-:]/g, "");
}
