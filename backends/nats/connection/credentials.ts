/** Credentials for a NATS server. They are never part of an error message or a log line. @module */
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/transport-deno";
import { token } from "../../../schema/nats.ts";
import { BackendUnusable } from "../../errors.ts";

/** Files are read again at each connection, so they may be renewed meanwhile. */
export interface NatsCredentials {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** A `.creds` file: the user's JWT and its seed. */
  readonly credsFile?: string;
  /** A file with the seed of an nkey. */
  readonly nkeyFile?: string;
  /** PEM files: the CA of the server's certificate, and for mTLS our own certificate and its key. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/**
 * Servers and credentials for the client library. Given credentials take precedence over those in the URL; `tls://` requires
 * TLS, as a certificate does. Throws BackendUnusable for a file that can't be read.
 */
export function connectionOptionsOf(url: string, given: NatsCredentials = {}): ConnectionOptions {
  const urls = url.split(",").map((each) => new URL(each));
  const credentials = { ...credentialsInUrl(urls[0]!), ...given };
  const authenticator = lenientWhenReconnecting(authenticatorOf(credentials));
  const tls = tlsOf(credentials, urls.some(({ protocol }) => protocol === "tls:"));
  return {
    servers: urls.map(({ host }) => host),
    // A user is answered on a subject of its own, so that rights can keep others from listening there.
    ...(credentials.user === undefined ? {} : { inboxPrefix: `_INBOX.${token(credentials.user)}` }),
    ...authenticator && { authenticator },
    ...tls && { tls },
  };
}

/** `nats://user:password@host`, or `nats://token@host`. */
function credentialsInUrl({ username, password }: URL): NatsCredentials {
  if (username === "") return {};
  const [user, word] = [decodeURIComponent(username), decodeURIComponent(password)];
  return word === "" ? { token: user } : { user, password: word };
}

function authenticatorOf(credentials: NatsCredentials): Authenticator | undefined {
  const { user, password, token, credsFile, nkeyFile } = credentials;
  if (credsFile !== undefined) {
    readFile(credsFile);
    return credsAuthenticator(() => readFile(credsFile));
  }
  if (nkeyFile !== undefined) {
    readFile(nkeyFile);
    return nkeyAuthenticator(() => trimmed(readFile(nkeyFile)));
  }
  if (token !== undefined) return tokenAuthenticator(token);
  return user === undefined ? undefined : usernamePasswordAuthenticator(user, password);
}

/**
 * The library closes a connection for good when its authenticator throws. A file that is being renewed while the client
 * reconnects may be missing or half written: then it presents nothing, is refused, and tries again.
 */
function lenientWhenReconnecting(authenticate: Authenticator | undefined): Authenticator | undefined {
  let succeeded = false;
  return authenticate && ((nonce) => {
    try {
      const auth = authenticate(nonce);
      succeeded = true;
      return auth;
    } catch (error) {
      if (!succeeded) throw error;
    }
  });
}

function tlsOf({ caFile, certFile, keyFile }: NatsCredentials, insisted: boolean): ConnectionOptions["tls"] {
  const files = Object.entries({ caFile, certFile, keyFile }).filter(([, path]) => path !== undefined);
  for (const [, path] of files) readFile(path!);
  return files.length > 0 || insisted ? Object.fromEntries(files) : undefined;
}

function readFile(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound ? "there is no such file" : "it can't be read";
    throw new BackendUnusable(`Cannot read ${path}: ${reason}`, { cause: error });
  }
}

/** A seed may end with a line break. */
function trimmed(bytes: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(bytes).trim());
}
