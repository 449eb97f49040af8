/** Partitions: the hash slices of cases that order, leases and parallelism rest on. @module */

/** Slices of a new store. Fixed for the life of a store: changing it would move cases between ordered mailboxes. */
export const DEFAULT_PARTITIONS = 16;

const encoder = new TextEncoder();

/** FNV-1a, 32 bits, over the UTF-8 bytes: the same function as the partition() mapping of nats-server. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The partition (0 … partitions-1) of a case. */
export function partitionOf(caseId: string, partitions: number): number {
  return fnv1a32(caseId) % partitions;
}
