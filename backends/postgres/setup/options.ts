/** How a PostgreSQL store is opened. @module */
import type { EventNames } from "../../../schema/cloudevents/event_names.ts";
import type { RefusalListener } from "../../dead_letters.ts";
import type { TraceAppend } from "../../tracing/tracing.ts";
import type { AvailabilityListener } from "../../primitives/retry.ts";
import type { PostgresTarget } from "../connection/driver_options.ts";
import type { MigrateMode } from "./schema_state.ts";
import type { Migrated } from "./migrate.ts";

export interface PostgresOptions extends PostgresTarget {
  /** The name of this node; under the same name it takes its own leases again at once. Default: a new one. */
  node?: string;
  /** Slices of a *new* store; an existing one keeps its own. Default 16. */
  partitions?: number | undefined;
  /**
   * Whether the schema may be changed. Default `check`: a store that is missing, older or newer is refused. `if-empty`
   * makes it in an empty database, `apply` also brings an older one up to date.
   */
  migrate?: MigrateMode;
  /** Called with what was made or changed in the schema. */
  onMigrated?: (migrated: Migrated) => void;
  /** How long a lease runs without being renewed. Default 5,000. */
  leaseMs?: number;
  /** Between two renewals. Default: a third of `leaseMs`. */
  renewMs?: number;
  /** Deliveries and characters a batch holds at most. Default 500 and 1,000,000. */
  batchSize?: number;
  batchBytes?: number;
  /** How often is asked for new events when no notification comes. Default 2,000; behind a pooler 100. */
  pollMs?: number;
  /** Between two rounds in which blocks of the chain of hashes are closed. Default 5,000. */
  chainMs?: number;
  /** Refuse a server that takes no writes, such as a standby. Default: it is read from. */
  requireWritable?: boolean;
  /** Called when the database becomes unavailable, and when it answers again. */
  onAvailabilityChange?: AvailabilityListener;
  /** Called for each row of the outbox that is refused. */
  onInputRefused?: RefusalListener | undefined;
  /** Runs the appends of the outbox, where traces are exported. */
  traceAppend?: TraceAppend | undefined;
  /** What event types are called in CloudEvents that producers leave. */
  names?: EventNames | undefined;
  /** Connections at most. Default 8. */
  connections?: number;
  /** After this long without an answer the database counts as unavailable. Default 15,000. */
  deadlineMs?: number;
  /** The time timers are measured against. Default: the clock of the database. */
  timersAsOf?: () => Date;
}
