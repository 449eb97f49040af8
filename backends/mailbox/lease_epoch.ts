/**
 * How epochs are drawn, so that they grow for each processor in each partition. The lease of a partition has a whole era: what
 * is leased alone meanwhile has an epoch below it, and may join it without a new one. Pure.
 * @module
 */

/** So many leases of one processor alone fit into the era of one lease of its partition. */
const EPOCHS_PER_ERA = 1_000_000;

/** The epoch of a partition's lease: above all that were drawn in the partition. */
export function nextEra(drawn: number): number {
  return (Math.floor(drawn / EPOCHS_PER_ERA) + 1) * EPOCHS_PER_ERA;
}

/** The epoch of a processor that is leased alone; undefined when the era has no more. */
export function nextAlone(drawn: number): number | undefined {
  return (drawn + 1) % EPOCHS_PER_ERA === 0 ? undefined : drawn + 1;
}

/** The epoch of the lease of a partition that has been taken so many times. */
export function epochOfEra(era: number): number {
  return era * EPOCHS_PER_ERA;
}

/** Whether it is the epoch of a processor that was leased alone. */
export function isEpochAlone(epoch: number): boolean {
  return epoch % EPOCHS_PER_ERA !== 0;
}
