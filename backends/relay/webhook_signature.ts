/** The signature of a request, as Standard Webhooks has it: HMAC-SHA-256 of id, time and body. Pure. @module */
import { createHmac } from "node:crypto";

const PREFIX = "whsec_";

/** The key in a file: base64 behind `whsec_`, else the text itself. Throws RangeError for one that is too short to protect anything. */
export function signingKey(text: string): Uint8Array {
  const secret = text.trim();
  const key = secret.startsWith(PREFIX)
    ? Uint8Array.fromBase64(secret.slice(PREFIX.length))
    : new TextEncoder().encode(secret);
  if (key.length < 16) throw new RangeError("a secret has 16 bytes or more");
  return key;
}

/** The headers of a signed request. */
export function signatureHeaders(
  key: Uint8Array,
  id: string,
  atSeconds: number,
  body: string,
): Readonly<Record<string, string>> {
  const signature = createHmac("sha256", key).update(`${id}.${atSeconds}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(atSeconds),
    "webhook-signature": `v1,${signature}`,
  };
}
