/** The tokens of `--auth token`: a file with who has one, by digest. The tokens themselves are nowhere. @module */
import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { actorName } from "../../schema/settings.ts";
import { UsageError } from "../cli/exit_codes.ts";
import { roles } from "./access.ts";
import { digestOf, type Principal } from "./sessions.ts";

const entrySchema = z.strictObject({
  name: actorName,
  roles: z.array(z.enum(roles)).min(1),
  /** SHA-256 of the token, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
  expires: z.iso.datetime({ offset: true }).optional(),
});
type TokenEntry = z.output<typeof entrySchema>;

/** Says who has a token; undefined for one that nobody has, or that has expired. */
export type FindByToken = (token: string) => Principal | undefined;

/** Reads the file of tokens. Throws UsageError for one that can't be used. */
export async function readTokens(path: string): Promise<FindByToken> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read the tokens in ${path}: ${(error as Error).message}`);
  }
  return tokensOf(text, path);
}

/** The tokens in the text of a file. */
export function tokensOf(text: string, path: string, now: () => number = Date.now): FindByToken {
  const parsed = z.array(entrySchema).safeParse(parsedJson(text, path));
  if (!parsed.success) {
    const { path: at, message } = parsed.error.issues[0]!;
    throw new UsageError(`Cannot use the tokens in ${path}: ${at.join(".")} ${message}`);
  }
  return (token) => {
    const digest = new TextEncoder().encode(digestOf(token));
    const found = parsed.data.find(({ sha256 }) => timingSafeEqual(new TextEncoder().encode(sha256), digest));
    return found === undefined || isExpired(found, now())
      ? undefined
      : { name: found.name, roles: found.roles };
  };
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`Cannot use the tokens in ${path}: it is no JSON`);
  }
}

function isExpired({ expires }: TokenEntry, now: number): boolean {
  return expires !== undefined && Date.parse(expires) <= now;
}
