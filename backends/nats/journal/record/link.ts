/**
 * The link of a record in the chain of hashes of its partition: a SHA-256 over the link of the record before it and its own bytes
 * as they are stored. It goes with the record as a header, so that neither has to be read again to write the next one.
 * @module
 */
import { createHash } from "node:crypto";

/** The header that holds the link of a record. */
export const LINK_HEADER = "Zaakstroom-Chain";

/** What the first record of a partition is linked to. */
export const NO_LINK = "0".repeat(64);

/** A record as it is sent: its bytes and its link. */
export interface LinkedPayload {
  readonly payload: Uint8Array;
  readonly link: string;
}

/** The link of a record behind another, in hex. */
export function linkOf(previous: string, payload: Uint8Array): string {
  return createHash("sha256").update(previous).update(payload).digest("hex");
}

/** Links records to the one before them and to each other. */
export function linkAll(previous: string, payloads: readonly Uint8Array[]): LinkedPayload[] {
  let last = previous;
  return payloads.map((payload) => ({ payload, link: last = linkOf(last, payload) }));
}
