/** What a sender of chaos does: the one argument of its process, as JSON. @module */
import type { NodePlan } from "../node/control_protocol.ts";

/** Where relays bring the log; what is left out has none. */
export interface RelayTargets {
  readonly file: string;
  readonly http: string;
  /** A nats-server; its stream is `RELAY`, and its subjects begin with `relayed`. */
  readonly nats: string | undefined;
}

/** Relays, as a node runs them, of one store to several targets. */
export interface RelaysPlan extends Pick<NodePlan, "backend" | "url" | "stream" | "entry"> {
  readonly role: "relays";
  readonly owner: string;
  readonly targets: RelayTargets;
}

/** A stream of the changes of the table of events, to a file. */
export interface ChangesPlan extends Pick<NodePlan, "url" | "entry"> {
  readonly role: "changes";
  readonly slot: string;
  readonly to: string;
}

export type SenderPlan = RelaysPlan | ChangesPlan;

export const RELAY_STREAM = "RELAY";
export const RELAY_PREFIX = "relayed";
