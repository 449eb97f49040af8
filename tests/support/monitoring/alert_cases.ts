/** For each alert: series under which it fires, and series near them under which it stays quiet. @module */

/** Values by series, in promtool's notation: `0x9` is ten times 0, `0+5x9` grows by 5. */
export type Series = Readonly<Record<string, string>>;

export interface AlertCase {
  /** When it is looked at; with `isCoarse`, at a value each half an hour instead of each minute. */
  readonly at: string;
  readonly fires: Series;
  readonly quiet: Series;
  /** For windows of days: evaluated each minute they would take minutes. */
  readonly isCoarse?: true;
}

const node = 'job="zaakstroom",instance="a"';
const intake = 'backend="postgres",processor="intake",job="zaakstroom",instance="a"';
const otherNode = 'backend="postgres",processor="intake",job="zaakstroom",instance="b"';

/** One series that stands above its bound and below it. */
function gauge(name: string, labels: string, above: string, below: string, at = "20m"): AlertCase {
  const series = `${name}{${labels}}`;
  return { at, fires: { [series]: `${above}x2000` }, quiet: { [series]: `${below}x2000` } };
}

/** A counter that rises by `step` a minute, and one that rises by less. */
function counter(name: string, labels: string, step: string, less: string): AlertCase {
  const series = `${name}{${labels}}`;
  return { at: "20m", fires: { [series]: `0+${step}x60` }, quiet: { [series]: less } };
}

/** A thousand deliveries between two values, of which `slow` took longer than 50 ms and `failed` failed. */
function work(slow: string, failed: string): Series {
  const labels = 'backend="postgres",event_type="case.intake"';
  const bucket = (le: string) => `event_processing_duration_seconds_bucket{${labels},le="${le}"}`;
  return {
    [bucket("0.05")]: `0+${1000 - Number(slow)}x200`,
    [bucket("+Inf")]: "0+1000x200",
    [`event_processing_duration_seconds_count{${labels}}`]: "0+1000x200",
    [`event_processed_total{${labels},status="success"}`]: `0+${1000 - Number(failed)}x200`,
    [`event_processed_total{${labels},status="failed"}`]: `0+${failed}x200`,
  };
}

export const alertCases: Readonly<Record<string, AlertCase>> = {
  ZaakstroomNodeDown: gauge("up", node, "0", "1"),
  ZaakstroomNodeRestarting: {
    at: "20m",
    fires: { [`process_start_time_seconds{${node}}`]: "100x8 200x3 300x3 400x20" },
    quiet: { [`process_start_time_seconds{${node}}`]: "100x8 200x30" },
  },
  ZaakstroomBackendUnavailable: gauge("zaakstroom_backend_up", `backend="nats",${node}`, "0", "1"),
  ZaakstroomPartitionsUnowned: gauge("zaakstroom_mailbox_unowned", intake, "2", "0"),
  ZaakstroomMailboxStuck: {
    at: "20m",
    fires: {
      [`zaakstroom_mailbox_pending{${intake}}`]: "7x60",
      [`zaakstroom_processed_total{${intake},status="success"}`]: "50x60",
    },
    // Another node settles what this one does not.
    quiet: {
      [`zaakstroom_mailbox_pending{${intake}}`]: "7x60",
      [`zaakstroom_processed_total{${intake},status="success"}`]: "50x60",
      [`zaakstroom_processed_total{${otherNode},status="success"}`]: "0+3x60",
    },
  },
  ZaakstroomMailboxLagging: gauge("zaakstroom_mailbox_oldest_seconds", intake, "61", "59"),
  ZaakstroomLatencyBudgetBurnsFast: { at: "90m", fires: work("200", "0"), quiet: work("50", "0") },
  ZaakstroomLatencyBudgetBurnsSlowly: {
    isCoarse: true,
    at: "4d",
    fires: work("20", "0"),
    quiet: work("9", "0"),
  },
  ZaakstroomFailureBudgetBurnsFast: { at: "90m", fires: work("0", "20"), quiet: work("0", "5") },
  ZaakstroomFailureBudgetBurnsSlowly: {
    isCoarse: true,
    at: "4d",
    fires: work("0", "2"),
    quiet: work("0", "0"),
  },
  ZaakstroomParkedForLong: gauge("zaakstroom_mailbox_parked_oldest_seconds", intake, "14401", "14399"),
  ZaakstroomDeadLettersRising: counter("zaakstroom_dead_letters_total", intake, "1", "5x60"),
  ZaakstroomDeadLettersWaiting: {
    ...gauge("zaakstroom_mailbox_dead", intake, "1", "0", "26h"),
    isCoarse: true,
  },
  ZaakstroomTermsMissed: counter(
    "zaakstroom_alarms_total",
    `backend="postgres",alarm="municipality_late",${node}`,
    "1",
    "3x60",
  ),
  ZaakstroomInboxRefused: gauge("zaakstroom_inbox_refused", 'backend="postgres"', "1", "0"),
  ZaakstroomFencedWrites: counter("zaakstroom_fenced_writes_total", intake, "1", "0x10 1x50"),
  ZaakstroomWorkerRestarts: {
    at: "20m",
    fires: { [`zaakstroom_worker_restarts_total{${node},exit="hung"}`]: "0+1x60" },
    quiet: {
      [`zaakstroom_worker_restarts_total{${node},exit="hung"}`]: "0x60",
      [`zaakstroom_worker_restarts_total{${node},exit="recycled"}`]: "0+1x60",
    },
  },
  ZaakstroomProcessorRestarts: counter("zaakstroom_processor_restarts_total", intake, "1", "3x60"),
  ZaakstroomMemoryHigh: gauge("process_resident_memory_bytes", node, "1100000000", "400000000"),
  ZaakstroomVersionsDiffer: {
    at: "2h",
    fires: {
      'zaakstroom_build_info{version="1",node="a"}': "1x200",
      'zaakstroom_build_info{version="2",node="b"}': "1x200",
    },
    quiet: {
      'zaakstroom_build_info{version="2",node="a"}': "1x200",
      'zaakstroom_build_info{version="2",node="b"}': "1x200",
    },
  },
  ZaakstroomPostgresConnectionsHigh: {
    at: "20m",
    fires: { zaakstroom_postgres_connections: "81x60", zaakstroom_postgres_max_connections: "100x60" },
    quiet: { zaakstroom_postgres_connections: "79x60", zaakstroom_postgres_max_connections: "100x60" },
  },
  ZaakstroomPostgresSlotRetainsWal: gauge(
    "zaakstroom_postgres_slots_retained_bytes",
    node,
    "11000000000",
    "9000000000",
  ),
  ZaakstroomPostgresSlotLagging: {
    at: "20m",
    fires: {
      zaakstroom_postgres_slots_lag_seconds: "301x60",
      zaakstroom_postgres_slots_lag_bytes: "20000000x60",
    },
    // Its reader is away, and there is nothing to read.
    quiet: {
      zaakstroom_postgres_slots_lag_seconds: "9000x60",
      zaakstroom_postgres_slots_lag_bytes: "9000x60",
    },
  },
  ZaakstroomPostgresVacuumBehind: {
    at: "2h",
    fires: { zaakstroom_postgres_dead_rows: "3000000x200", zaakstroom_postgres_live_rows: "2000000x200" },
    quiet: { zaakstroom_postgres_dead_rows: "900000x200", zaakstroom_postgres_live_rows: "10x200" },
  },
  ZaakstroomOutboxStuck: {
    at: "20m",
    fires: { zaakstroom_postgres_outbox_waiting: "4x60" },
    quiet: { zaakstroom_postgres_outbox_waiting: "4x15 0 4x60" },
  },
  ZaakstroomIngestStuck: {
    at: "20m",
    fires: { zaakstroom_nats_ingest_waiting: "4x60" },
    quiet: { zaakstroom_nats_ingest_waiting: "4x15 0 4x60" },
  },
  ZaakstroomFanOutHeld: gauge("zaakstroom_fan_out_held", node, "1", "0"),
  ZaakstroomFanOutBehind: gauge("zaakstroom_fan_out_oldest_seconds", node, "61", "59"),
  ZaakstroomJetStreamReplicaLagging: gauge("zaakstroom_nats_stream_replicas_lagging", node, "1", "0"),
  ZaakstroomJetStreamStorageHigh: {
    at: "30m",
    fires: {
      zaakstroom_nats_account_storage_bytes: "81x60",
      zaakstroom_nats_account_storage_limit_bytes: "100x60",
    },
    // Without a limit there is no ratio.
    quiet: {
      zaakstroom_nats_account_storage_bytes: "81x60",
      zaakstroom_nats_account_storage_limit_bytes: "-1x60",
    },
  },
};
