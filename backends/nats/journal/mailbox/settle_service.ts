/** Settles for nodes that have leased a processor alone, as the owner of its partition. @module */
import type { Msg } from "@nats-io/transport-deno";
import { BackendUnavailable, SettlementRefused } from "../../../errors.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { OwnershipLost } from "../partition/record_writer.ts";
import {
  decodeSettle,
  encodeSettleAnswer,
  requestContribution,
  type SettleAnswer,
} from "./settle_request.ts";

interface ServiceOptions {
  readonly source: { subscribe(subject: string, onMessage: (msg: Msg) => void): () => void };
  readonly subject: string;
  readonly owner: Pick<PartitionWriter, "submit" | "isOwner">;
  /** The present time of the store. */
  now(): number;
}

/** Serves until the function that it returns is called. */
export function serveSettles(options: ServiceOptions): () => void {
  const { source, subject } = options;
  return source.subscribe(subject, (msg) => {
    void answer(options, msg.data).then((answered) => void msg.respond(encodeSettleAnswer(answered)));
  });
}

async function answer({ owner, now }: ServiceOptions, request: Uint8Array): Promise<SettleAnswer> {
  if (!owner.isOwner) return { kind: "again" };
  try {
    return { kind: await owner.submit(requestContribution(decodeSettle(request), now)) };
  } catch (error) {
    if (error instanceof OwnershipLost || error instanceof BackendUnavailable) return { kind: "again" };
    const kind = error instanceof SettlementRefused ? "refused" : "invalid";
    return { kind, message: (error as Error).message };
  }
}
