/** The tokens of people and programs: a file with who has one, by digest. The tokens themselves are nowhere. @module */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { actorName } from "../../schema/settings.ts";
import { UsageError } from "../cli/exit_codes.ts";
import { actNames, roles } from "./access.ts";
import { digestOf, type Principal } from "./sessions.ts";

const entrySchema = z.strictObject({
  name: actorName,
  roles: z.array(z.enum(roles)).default([]),
  /** Acts that it may do beside those of its roles, such as `events.append` for a producer. */
  scopes: z.array(z.enum(actNames)).default([]),
  /** SHA-256 of the token, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
  expires: z.iso.datetime({ offset: true }).optional(),
});
type TokenEntry = z.output<typeof entrySchema>;

/** Says who has a token; undefined for one that nobody has, or that has expired. */
export type FindByToken = (token: string) => Principal | undefined;

/** A change of the file counts after this long: a token that was taken away opens nothing any more. */
const READ_AGAIN_MS = 1_000;

/** Opens the file of tokens. Throws UsageError for one that can't be used. While it can't be used later on, nobody has a token. */
export async function openTokens(path: string, now: () => number = Date.now): Promise<FindByToken> {
  let find = tokensOf(await readText(path), path);
  let readAt = now();
  let stamp = stampOf(path);
  return (token) => {
    if (now() - readAt >= READ_AGAIN_MS) {
      readAt = now();
      const found = stampOf(path);
      if (found !== stamp) find = reread(path);
      stamp = found;
    }
    return find(token);
  };
}

function reread(path: string): FindByToken {
  try {
    return tokensOf(Deno.readTextFileSync(path), path);
  } catch {
    return () => undefined;
  }
}

function stampOf(path: string): string {
  try {
    const { mtime, size, ino } = Deno.statSync(path);
    return `${mtime?.getTime()} ${size} ${ino}`;
  } catch {
    return "";
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read the tokens in ${path}: ${(error as Error).message}`);
  }
}

/** The tokens in the text of a file. */
export function tokensOf(text: string, path: string, now: () => number = Date.now): FindByToken {
  const entries = entriesOf(text, path);
  return (token) => {
    const digest = new TextEncoder().encode(digestOf(token));
    const found = entries.find(({ sha256 }) => timingSafeEqual(new TextEncoder().encode(sha256), digest));
    if (found === undefined || isExpired(found, now())) return undefined;
    const { name, roles, scopes } = found;
    return { name, roles, ...(scopes.length === 0 ? {} : { scopes }) };
  };
}

function entriesOf(text: string, path: string): TokenEntry[] {
  const parsed = z.array(entrySchema).safeParse(parsedJson(text, path));
  if (parsed.success) return parsed.data;
  const { path: at, message } = parsed.error.issues[0]!;
  throw new UsageError(`Cannot use the tokens in ${path}: ${at.join(".")} ${message}`);
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`Cannot use the tokens in ${path}: it is no JSON`);
  }
}

/** Whether nobody has it any more. */
export function isExpired({ expires }: Pick<TokenEntry, "expires">, now: number): boolean {
  return expires !== undefined && Date.parse(expires) <= now;
}

/** What is in the file; nothing where there is none yet. Throws UsageError. */
export async function readEntries(path: string): Promise<readonly TokenEntry[]> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "[]";
    throw new UsageError(`Cannot read the tokens in ${path}: ${(error as Error).message}`);
  });
  return entriesOf(text, path);
}

/** Replaces the file in one step, readable by its user alone. Throws UsageError. */
export async function writeEntries(path: string, entries: readonly TokenEntry[]): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await Deno.writeTextFile(aside, `${JSON.stringify(entries, null, 2)}\n`, {
      mode: 0o600,
      createNew: true,
    });
    await Deno.rename(aside, path);
  } catch (error) {
    await Deno.remove(aside).catch(() => {});
    throw new UsageError(`Cannot write the tokens in ${path}: ${(error as Error).message}`);
  }
}

/** A token that nobody can guess. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}
