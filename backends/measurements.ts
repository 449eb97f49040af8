/** What a store tells about itself for monitoring, beside its health. @module */

/** The figures of PostgreSQL, each with its meaning and whether it only grows. */
export const postgresFigures = {
  database_bytes: { type: "gauge", help: "Size of the database" },
  connections: { type: "gauge", help: "Connections to the database, of all programs" },
  max_connections: { type: "gauge", help: "Connections that the server allows" },
  commits_total: { type: "counter", help: "Transactions committed in the database" },
  rollbacks_total: { type: "counter", help: "Transactions rolled back in the database" },
  deadlocks_total: { type: "counter", help: "Deadlocks found in the database" },
  live_rows: { type: "gauge", help: "Rows in the tables of the store, as the server estimates" },
  dead_rows: { type: "gauge", help: "Rows that wait for VACUUM in the tables of the store" },
  outbox_waiting: { type: "gauge", help: "Rows of the outbox that wait for a node, counted up to 10,000" },
  slots_retained_bytes: { type: "gauge", help: "WAL kept for the replication slot that is farthest behind" },
  slots_lag_bytes: {
    type: "gauge",
    help: "WAL that the reader of changes farthest behind has not confirmed",
  },
  slots_lag_seconds: {
    type: "gauge",
    help: "How long a reader of changes has been away that is behind, or how late it confirms",
  },
} as const;

/** The figures of JetStream. */
export const natsFigures = {
  stream_messages: { type: "gauge", help: "Messages in the stream of the store" },
  stream_bytes: { type: "gauge", help: "Size of the stream of the store" },
  stream_consumers: { type: "gauge", help: "Consumers of the stream of the store" },
  stream_replicas_lagging: { type: "gauge", help: "Followers of the stream that are behind or not there" },
  ingest_waiting: { type: "gauge", help: "Messages at the ingest subject that wait for a node" },
  account_storage_bytes: { type: "gauge", help: "File storage that the account uses" },
  account_storage_limit_bytes: { type: "gauge", help: "File storage that the account may use; -1: any" },
} as const;

export type PostgresFigures = Readonly<Record<keyof typeof postgresFigures, number>>;
export type NatsFigures = Readonly<Record<keyof typeof natsFigures, number>>;

export interface Measurements {
  /** Events that were stored since the first measurement, by type, whoever stored them. */
  readonly stored: ReadonlyMap<string, number>;
  /** What was not allowed since the first measurement, at any door: lines of the trail. */
  readonly refused: number;
  /** Figures of the server, by name. Missing ones could not be read. */
  readonly figures: Readonly<Record<string, number>>;
}
