/** Acts of persons that change nothing stored but the audit trail. @module */
import type { OperatorRecord } from "../../dead_letters.ts";
import type { NatsContext } from "../context.ts";
import { auditWrite } from "../mailbox/write_settlement.ts";

type TrailContext = Pick<NatsContext, "writer" | "subjects" | "clock">;

/** Adds an act to the audit trail. */
export async function record({ writer, subjects, clock }: TrailContext, act: OperatorRecord): Promise<void> {
  await writer.write([auditWrite(subjects, { at: new Date(clock.now()).toISOString(), ...act })]);
}
