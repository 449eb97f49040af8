/** PostgreSQL and JetStream, as the nodes see their servers. @module */
import { type DashboardPlan, NODE, type Panel, STORE, type Unit } from "./panels.ts";

/** Figures of the server by the name of their line. */
function figures(title: string, description: string, unit: Unit, lines: Record<string, string>): Panel {
  const shows = Object.entries(lines).map(([legend, metric]) => [legend, `max(${metric}{${STORE}})`]);
  return { title, description, unit, shows: Object.fromEntries(shows) };
}

/** A counter of the server. */
function rate(metric: string): string {
  return `max(rate(${metric}{${STORE}}[$__rate_interval]))`;
}

function availability(backend: string): readonly Panel[] {
  const of = `${NODE},backend="${backend}"`;
  return [
    {
      title: "Reached",
      description: "1 at each node that reaches the server.",
      unit: "none",
      shows: { "{{instance}}": `zaakstroom_backend_up{${of}}` },
    },
    {
      title: "Out of reach",
      description: "The part of the time in which a node did not reach the server.",
      unit: "percentunit",
      shows: {
        "{{instance}}": `rate(zaakstroom_backend_unavailable_seconds_total{${of}}[$__rate_interval])`,
      },
    },
  ];
}

export const postgresql: DashboardPlan = {
  name: "postgresql",
  title: "Zaakstroom / PostgreSQL",
  description: "The database of the store, as the nodes see it.",
  rows: {
    Availability: availability("postgres"),
    Load: [
      {
        title: "Transactions",
        description: "Committed and rolled back, a second, by all programs of the database.",
        unit: "ops",
        shows: {
          committed: rate("zaakstroom_postgres_commits_total"),
          "rolled back": rate("zaakstroom_postgres_rollbacks_total"),
        },
      },
      {
        title: "Deadlocks",
        description: "Deadlocks that the server found, a second.",
        unit: "ops",
        shows: { deadlocks: rate("zaakstroom_postgres_deadlocks_total") },
      },
      figures("Connections", "Taken, and allowed. Alert: ZaakstroomPostgresConnectionsHigh.", "short", {
        taken: "zaakstroom_postgres_connections",
        allowed: "zaakstroom_postgres_max_connections",
      }),
      figures("Outbox", "Rows that wait for a node.", "short", {
        rows: "zaakstroom_postgres_outbox_waiting",
      }),
    ],
    Disk: [
      figures("Size", "Size of the database.", "bytes", { database: "zaakstroom_postgres_database_bytes" }),
      figures("Rows", "Living and dead rows, as the server estimates.", "short", {
        living: "zaakstroom_postgres_live_rows",
        dead: "zaakstroom_postgres_dead_rows",
      }),
      figures("WAL kept for slots", "For the replication slot that is farthest behind.", "bytes", {
        kept: "zaakstroom_postgres_slots_retained_bytes",
        unconfirmed: "zaakstroom_postgres_slots_lag_bytes",
      }),
      figures("Lag of readers", "How long the reader of changes farthest behind is away, or late.", "s", {
        lag: "zaakstroom_postgres_slots_lag_seconds",
      }),
    ],
  },
};

export const jetstream: DashboardPlan = {
  name: "jetstream",
  title: "Zaakstroom / JetStream",
  description: "The stream of the store, as the nodes see it.",
  rows: {
    Availability: availability("nats"),
    Stream: [
      figures("Messages", "Messages in the stream of the store.", "short", {
        messages: "zaakstroom_nats_stream_messages",
      }),
      figures("Size", "The stream, and all of the account.", "bytes", {
        stream: "zaakstroom_nats_stream_bytes",
        account: "zaakstroom_nats_account_storage_bytes",
      }),
      figures("Limit", "Storage that the account may use; -1: any.", "bytes", {
        limit: "zaakstroom_nats_account_storage_limit_bytes",
      }),
      figures("Consumers", "Consumers of the stream.", "short", {
        consumers: "zaakstroom_nats_stream_consumers",
      }),
      figures("Replicas behind", "Followers that are behind or not there.", "short", {
        replicas: "zaakstroom_nats_stream_replicas_lagging",
      }),
      figures("Ingest", "Messages at the ingest subject that wait for a node.", "short", {
        messages: "zaakstroom_nats_ingest_waiting",
      }),
    ],
    "Events for others": [
      figures("Not copied yet", "Events that others do not have yet.", "short", {
        events: "zaakstroom_fan_out_pending",
      }),
      figures("Oldest", "Age of the oldest of them. Alert: ZaakstroomFanOutBehind.", "s", {
        oldest: "zaakstroom_fan_out_oldest_seconds",
      }),
      figures("Held", "1 while the copying waits for a person. Alert: ZaakstroomFanOutHeld.", "none", {
        held: "zaakstroom_fan_out_held",
      }),
    ],
  },
};
