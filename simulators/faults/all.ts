/** The faults, by name: those of chaos and those of the simulation. Adding one means adding it here. @module */
import { backendKill } from "./backend_kill.ts";
import { bandwidth } from "./bandwidth.ts";
import { cdcCut } from "./cdc_cut.ts";
import { clockJump } from "./clock_jump.ts";
import { connectionReset } from "./connection_reset.ts";
import { deadLetterRefused } from "./dead_letter_refused.ts";
import { diskFull } from "./disk_full.ts";
import { loseDisk } from "./lose_disk.ts";
import { duplicateDelivery } from "./duplicate_delivery.ts";
import { failingHandler } from "./failing_handler.ts";
import type { Fault } from "./fault.ts";
import { firstCommitsFail } from "./first_commits_fail.ts";
import { guardianKill } from "./guardian_kill.ts";
import { heapBlowUp } from "./heap_blow_up.ts";
import { heapGrowth } from "./heap_growth.ts";
import { hostileProducers } from "./hostile_producers.ts";
import { latency } from "./latency.ts";
import { leaseExpiry } from "./lease_expiry.ts";
import { leaseTheft } from "./lease_theft.ts";
import { lostAcknowledgement } from "./lost_acknowledgement.ts";
import { networkPartition } from "./network_partition.ts";
import { nodeKill } from "./node_kill.ts";
import { nodeRestart } from "./node_restart.ts";
import { noop } from "./noop.ts";
import { partitionFromBackend } from "./partition_from_backend.ts";
import { partitionToBackend } from "./partition_to_backend.ts";
import { pause } from "./pause.ts";
import { poisonMessage } from "./poison_message.ts";
import { prematureRedrive } from "./premature_redrive.ts";
import { relayCut } from "./relay_cut.ts";
import { slowCommit } from "./slow_commit.ts";
import { slowHandler } from "./slow_handler.ts";
import { twoNodesRacing } from "./two_nodes_racing.ts";
import { unexpectedReply } from "./unexpected_reply.ts";
import { workerHang } from "./worker_hang.ts";
import { workerKill } from "./worker_kill.ts";
import { workerStartFailure } from "./worker_start_failure.ts";
import { zombie } from "./zombie.ts";

export const faults = {
  noop,
  worker_kill: workerKill,
  worker_hang: workerHang,
  heap_blow_up: heapBlowUp,
  poison_message: poisonMessage,
  failing_handler: failingHandler,
  slow_handler: slowHandler,
  duplicate_delivery: duplicateDelivery,
  network_partition: networkPartition,
  partition_to_backend: partitionToBackend,
  partition_from_backend: partitionFromBackend,
  latency,
  bandwidth,
  connection_reset: connectionReset,
  lost_acknowledgement: lostAcknowledgement,
  first_commits_fail: firstCommitsFail,
  slow_commit: slowCommit,
  disk_full: diskFull,
  backend_kill: backendKill,
  lose_disk: loseDisk,
  node_kill: nodeKill,
  guardian_kill: guardianKill,
  zombie,
  clock_jump: clockJump,
  lease_theft: leaseTheft,
  two_nodes_racing: twoNodesRacing,
  hostile_producers: hostileProducers,
  relay_cut: relayCut,
  cdc_cut: cdcCut,
  dead_letter_refused: deadLetterRefused,
  heap_growth: heapGrowth,
  lease_expiry: leaseExpiry,
  node_restart: nodeRestart,
  premature_redrive: prematureRedrive,
  pause,
  unexpected_reply: unexpectedReply,
  worker_start_failure: workerStartFailure,
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
const faultNames = Object.keys(faults) as FaultName[];

/** Faults that chaos can inject. */
export const testbedFaultNames = faultNames.filter((name) => (faults[name] as Fault).testbed);
/** Faults that the simulation draws for its plans. */
export const simulatedFaultNames = faultNames.filter((name) => {
  const { simulation }: Fault = faults[name];
  return simulation !== undefined && !simulation.isUndrawn;
});
