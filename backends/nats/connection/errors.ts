import { BackendBusy, BackendUnavailable, BackendUnusable, InsufficientRights } from "../../errors.ts";
/** Maps errors of the server, the connection and the client library to the errors of the backend contract. @module */
import { type ApiError, JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";

/** The server cannot store this event, however much room it has. Other events are not affected. */
export class EventTooLarge extends BackendUnusable {
  override name = "EventTooLarge";
}

/** The store has no room. It counts as busy, so that a node goes on by itself once there is room again. */
export class StoreFull extends BackendBusy {
  override name = "StoreFull";
}

/** There is no such stream. Buckets and the stream of ingest are made again, the log never (`setup/lost_store.ts`). */
class StreamMissing extends BackendUnavailable {
  override name = "StreamMissing";
}

/** The last sequence of a subject is not the expected one: another writer was faster. */
export class Conflict extends Error {
  override name = "Conflict";
  /** @param actual the last sequence found; 0 when the subject has none or the server does not say */
  constructor(readonly actual: number) {
    super(`The last sequence is ${actual}`);
  }
}

const WRONG_LAST_SEQUENCE: readonly number[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
];
const NO_SUCH_STREAM = 10059;
/** The disk did not take a message: it is full, a limit is reached, or the message is larger than a record can be. */
const STORE_FAILED = 10077;
/** The server is busy or lost track of a batch: nothing was stored, and the same request may be repeated. */
const TRY_AGAIN = [10008, 10176, 10205, 10206, 10210, 10211];

/** Codes of a store without room, each with a remedy. */
const FULL: Record<number, string> = {
  10002: "raise the limits of the account, or remove what it does not need",
  10023: "free memory or disk on the server, or raise the account's limits",
  10028: "free memory on the server, or raise the account's limits",
  10047: "free disk on the server, or raise its max_file_store",
  10077: "raise max_bytes of the stream, or free disk on the server",
};

/** Codes that need a person, each with a remedy. */
const REFUSALS: Record<number, string> = {
  10039: "enable JetStream for this account",
  10054: "make the event smaller, or raise max_payload on the server",
  10076: "enable JetStream on the server (a jetstream block in its configuration)",
  10074: "use fewer replicas, or add servers to the cluster",
  10005: "use fewer replicas, or add servers to the cluster",
};

/** The server refuses, by a code that nothing here is prepared for. */
export class Refused extends BackendUnusable {
  override name = "Refused";

  constructor({ err_code: code, description }: ApiError) {
    super(`NATS refuses (${code} ${description}): see the limits of the account and the server's log`);
  }
}

/** Codes that callers are prepared for. */
const STREAM_NAME_IN_USE = 10058;

/** Turns an error answer of the JetStream API into an error of ours, or JetStreamApiError when its caller may expect it. */
export function refusal(error: ApiError): Error {
  const { code, err_code, description } = error;
  if (WRONG_LAST_SEQUENCE.includes(err_code)) {
    return new Conflict(Number(/: (\d+)$/.exec(description)?.[1] ?? 0));
  }
  if (err_code === NO_SUCH_STREAM) return new StreamMissing("NATS has lost a stream");
  if (err_code === 10054 || (err_code === STORE_FAILED && /too? large/.test(description))) {
    return new EventTooLarge(`An event is too large for this server: ${REFUSALS[err_code]}`);
  }
  const room = FULL[err_code];
  if (room !== undefined) return new StoreFull(`NATS takes no writes (${err_code} ${description}): ${room}`);
  const advice = REFUSALS[err_code];
  if (advice !== undefined) {
    return new BackendUnusable(`NATS refuses (${err_code} ${description}): ${advice}`);
  }
  if (TRY_AGAIN.includes(err_code) || code === 503 || code === 429) {
    return new BackendUnavailable(`NATS asks to try again (${err_code})`);
  }
  const isExpected = code === 404 || err_code === STREAM_NAME_IN_USE;
  return isExpected ? new JetStreamApiError(error) : new Refused(error);
}

/** True for the API's answer that there is no such stream, consumer or message. */
export function isNotFound(error: unknown): boolean {
  return error instanceof StreamMissing || isMessageMissing(error);
}

/** True for the answer of a stream that has no such message: one that is not there has none either, and is no empty one. */
export function isMessageMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === 404;
}

const UNAVAILABLE = /Timeout|NoResponders|ClosedConnection|DrainingConnection|ConnectionError|ProtocolError/;
const CONNECTION =
  /CONNECTION_REFUSED|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|timeout|connection closed/i;

const TLS = /certificate|UnknownIssuer|'tls'|tls handshake|secure TLS|received fatal alert|SSL/i;

/** The error as the contract names it: BackendUnavailable, BackendUnusable, or the error itself. */
export function translate(error: unknown): unknown {
  if (error instanceof BackendUnavailable || error instanceof BackendUnusable) return error;
  if (error instanceof JetStreamApiError) return refusal(error.apiError());
  const { name, message } = error as Error;
  const cause = (error as Error).cause as Error | undefined;
  // The library reports a request that no server answers under this name, and an account without JetStream.
  if (name === "JetStreamNotEnabled" && cause !== undefined) return translate(cause);
  const names = `${name} ${cause?.name ?? ""}`;
  if (/Authorization|UserAuthentication/.test(names) || /authorization violation/i.test(message)) {
    return new BackendUnusable("NATS refuses the user: check the credentials", { cause: error });
  }
  if (/PermissionViolation/.test(names)) {
    return new InsufficientRights(`NATS refuses: the user may not ${operationOf(error, cause)}`, {
      cause: error,
    });
  }
  if (name === "JetStreamStatusError") {
    const { code } = error as Error & { code: number };
    return new BackendUnavailable(`NATS did not read (${code} ${message})`, { cause: error });
  }
  if (/parse credentials|nkey|seed|checksum|base32/i.test(`${names} ${message}`)) {
    return new BackendUnusable("The file with NATS credentials holds none: check its name", { cause: error });
  }
  if (TLS.test(`${message} ${cause?.message ?? ""}`)) {
    const advice = "check tls-ca, tls-cert and tls-key, and that the server offers TLS";
    return new BackendUnusable(`TLS with the NATS server failed (${message}): ${advice}`, { cause: error });
  }
  if (/max_payload|payload size/i.test(message)) {
    return new EventTooLarge(`An event is too large for this server: ${REFUSALS[10054]}`, { cause: error });
  }
  if (/unexpected response from server/.test(message)) {
    return new BackendUnavailable("Can't connect to NATS: what answers there is not NATS", { cause: error });
  }
  if (UNAVAILABLE.test(names) || CONNECTION.test(`${message} ${cause?.message ?? ""}`)) {
    return new BackendUnavailable(`NATS is away (${message})`, { cause: error });
  }
  return error;
}

function operationOf(...errors: unknown[]): string {
  for (const error of errors as ({ operation?: string; subject?: string } | undefined)[]) {
    if (error?.operation !== undefined) return `${error.operation} ${error.subject}`;
  }
  return "do this";
}
