/**
 * Finds out whether a server requires client certificates. It closes connections without one, and its reason may get lost on
 * the way; but its first line, sent before TLS begins, says so.
 * @module
 */

const ANSWER_MS = 1_000;
const DEFAULT_PORT = 4222;
/** A bound far above the length of a first line. */
const MAX_INFO_BYTES = 65_536;

/** True when one of these servers says so; false for one that is silent or can't be reached. */
export async function requiresClientCertificate(urls: string): Promise<boolean> {
  const answers = await Promise.all(
    urls.split(",").map((url) => readsTlsVerify(new URL(url)).catch(() => false)),
  );
  return answers.includes(true);
}

async function readsTlsVerify({ hostname, port }: URL): Promise<boolean> {
  using connection = await Deno.connect({ hostname, port: Number(port) || DEFAULT_PORT });
  const timer = setTimeout(() => connection.close(), ANSWER_MS);
  try {
    const [, info] = /^INFO (.*)$/m.exec(await firstLine(connection)) ?? [];
    return info !== undefined && JSON.parse(info).tls_verify === true;
  } finally {
    clearTimeout(timer);
  }
}

async function firstLine(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(MAX_INFO_BYTES);
  let text = "";
  while (!text.includes("\n") && text.length < MAX_INFO_BYTES) {
    const read = await connection.read(bytes);
    if (read === null) break;
    text += decoder.decode(bytes.subarray(0, read), { stream: true });
  }
  return text;
}
