/** What the console reads and acts on: the node that serves it, and its store. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Health } from "../../backends/health.ts";
import type { EventNames } from "../../schema/cloudevents/event_names.ts";
import type { HealthReport } from "../http/health_report.ts";
import type { FlowMeter } from "../telemetry/flow_meter.ts";
import type { WhatIfRuns } from "./runs/runs.ts";

/** Where the answers come from. */
export interface ConsoleSources {
  readonly node: string;
  readonly version: string;
  /** The store; rejects with BackendUnavailable while it is being opened. */
  readonly backend: () => Promise<Backend>;
  /** Health, at most a second old. */
  readonly report: () => Promise<HealthReport>;
  /** The health of the store that the last report was made of, with each mailbox. */
  readonly health: () => Health | undefined;
  /** What event types are called in CloudEvents; default: as `cloudevents/event_names.ts` has it. */
  readonly names?: EventNames | undefined;
  readonly flow: FlowMeter;
  /** Comparisons with another policy, in the background. */
  readonly runs: WhatIfRuns;
  /** Settings of the node without secrets, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** Told of what nobody expected: an answer was a failure of the console itself. */
  readonly onFailure: (error: unknown) => void;
}
