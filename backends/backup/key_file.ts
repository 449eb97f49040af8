/** The key of a backup: a file of 64 hexadecimal digits, from which every file gets a key of its own. @module */
import { BackupError } from "./errors.ts";

/** What is derived from a key file. */
export interface BackupKey {
  /** Tells keys apart, and says nothing of them. */
  readonly id: string;
  /** The key of one file. */
  fileKey(salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey>;
  /** Proves that a text was written by who has the key. */
  sign(text: string): Promise<string>;
}

/** Rights of others than the owner of the file. */
const OTHERS = 0o077;

/** Reads a key file. Throws BackupError for one that others may read, and for what is no key. */
export async function readKeyFile(path: string): Promise<BackupKey> {
  return await keyOf(Uint8Array.fromHex(await readHex(path)));
}

async function readHex(path: string): Promise<string> {
  let text: string;
  try {
    if (((await Deno.stat(path)).mode ?? 0) & OTHERS) {
      throw new BackupError("unusable", `The key file ${path} may be read by others: chmod 600 ${path}`);
    }
    text = (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError("unusable", `The key file ${path} can't be read: ${(error as Error).message}`);
  }
  if (/^[0-9a-f]{64}$/i.test(text)) return text;
  throw new BackupError(
    "unusable",
    `${path} is no key file: it holds 64 hexadecimal digits, as openssl rand -hex 32 writes them`,
  );
}

/** The keys that follow from 32 bytes, by HKDF with SHA-256. */
export async function keyOf(secret: Uint8Array<ArrayBuffer>): Promise<BackupKey> {
  const master = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits", "deriveKey"]);
  const id = await crypto.subtle.deriveBits(derivation("id"), master, 64);
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  const signer = await crypto.subtle.deriveKey(derivation("manifest"), master, hmac, false, ["sign"]);
  return {
    id: new Uint8Array(id).toHex(),
    fileKey: (salt) =>
      crypto.subtle.deriveKey(derivation("file", salt), master, { name: "AES-GCM", length: 256 }, false, [
        "encrypt",
        "decrypt",
      ]),
    async sign(text) {
      const signature = await crypto.subtle.sign("HMAC", signer, new TextEncoder().encode(text));
      return new Uint8Array(signature).toHex();
    },
  };
}

function derivation(purpose: string, salt: Uint8Array<ArrayBuffer> = new Uint8Array(0)): HkdfParams {
  return {
    name: "HKDF",
    hash: "SHA-256",
    salt,
    info: new TextEncoder().encode(`zaakstroom backup ${purpose}`),
  };
}
