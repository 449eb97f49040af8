/** What is said of a NATS server: each function judges one thing of what was read. @module */
import { clockFinding, type Finding, finding, ok, sizeOf, spaceFinding } from "../../diagnosis/finding.ts";
import type { ServerSettings } from "./monitoring.ts";
import { type NeededSubjects, refusedSubjects } from "./permissions.ts";
import type { NatsFacts } from "./server_facts.ts";
import { streamFindings } from "./stream_findings.ts";

/** What is known besides what the server says to its clients. */
interface Circumstances {
  /** The subjects that a node uses. */
  readonly subjects: NeededSubjects;
  /** The replicas that were asked for; undefined where any number will do. */
  readonly replicas: number | undefined;
  /** The server is known to sync every write. */
  readonly syncAlways: boolean;
  /** From the monitoring port, where it was given. */
  readonly settings: ServerSettings | undefined;
}

/** Everything that is checked, in the order in which it is to be mended. */
export function findingsOf(facts: NatsFacts, circumstances: Circumstances): readonly Finding[] {
  const before = [jetStream(facts), version(facts)];
  const after = [maxPayload(facts), encryption(facts), clock(facts)];
  if (facts.account === undefined) return [...before, ...after];
  return [
    ...before,
    rights(facts, circumstances.subjects),
    sync(facts, circumstances),
    ...streamFindings(facts, circumstances.replicas),
    ...limits(facts),
    disk(facts, circumstances.settings),
    ...after,
  ];
}

function jetStream({ account }: NatsFacts): Finding {
  if (account !== undefined) return ok("jetstream", "enabled");
  return finding("problem", "jetstream", {
    found: "its API does not answer",
    change:
      "add a jetstream block to the server's configuration, enable it for the account, and allow $JS.API.> to the user",
    why: "events, checkpoints and leases are kept in JetStream streams",
  });
}

/** The API level that came with atomic batches. */
const ATOMIC_LEVEL = 2;

function version({ version, account }: NatsFacts): Finding {
  const found = `nats-server ${version}`;
  const level = account?.api.level;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isRecent = level === undefined ? major > 2 || minor >= 12 : level >= ATOMIC_LEVEL;
  if (isRecent) return ok("version", found);
  const why = "older servers take the flag for atomic batches and drop it silently";
  return finding("problem", "version", { found, change: "use nats-server 2.12 or newer", why });
}

/** What a node publishes and subscribes to; its replies come to inboxes. */
function rights({ permissions }: NatsFacts, subjects: NeededSubjects): Finding {
  const refused = refusedSubjects(subjects, permissions ?? {});
  if (refused.length === 0) return ok("rights", "may use every subject of the store");
  return finding("problem", "rights", {
    found: `may not ${refused.slice(0, 5).join(", nor ")}${refused.length > 5 ? ", …" : ""}`,
    change: "allow these subjects to the user: setup --print-roles prints all that a node needs",
    why: "a node stores events and checkpoints there, and is notified there",
  });
}

function sync({ streams }: NatsFacts, { syncAlways, settings, replicas = 1 }: Circumstances): Finding {
  if (settings?.syncAlways || settings === undefined && syncAlways) return ok("sync_interval", "always");
  const isReplicated = Math.max(replicas, ...streams.map(({ config }) => config.num_replicas)) > 1;
  const change = "set sync_interval: always in the jetstream block";
  if (settings === undefined) {
    const found = "a server reports it on its monitoring port only";
    const advice = `${change}, or look by --nats-monitoring http://host:8222`;
    return finding("unknown", "sync_interval", { found, change: advice, why: syncReason(isReplicated) });
  }
  const found = `${settings.syncIntervalNs / 1e9} s`;
  const level = isReplicated ? "advice" : "problem";
  return finding(level, "sync_interval", { found, change, why: syncReason(isReplicated) });
}

function syncReason(isReplicated: boolean): string {
  return isReplicated
    ? "events of the last interval are lost when most servers lose power at once"
    : "events of the last interval are lost, though acknowledged, when the server's machine loses power";
}

function limits(facts: NatsFacts): readonly Finding[] {
  return [maxStreams(facts), maxMemory(facts)];
}

function maxStreams({ account, streams, wanted: all }: NatsFacts): Finding {
  const { max_streams: most } = account!.limits;
  const [left, wanted] = [most - account!.streams, all - streams.length];
  if (most < 0 || left >= wanted) return ok("max_streams", most < 0 ? "unlimited" : `${left} left`);
  return finding("problem", "max_streams", {
    found: `${left} left`,
    change: "raise max_streams of the account",
    why: `a store has ${all} streams, of which ${wanted} are to be made`,
  });
}

function maxMemory({ account }: NatsFacts): Finding {
  const { max_memory: most } = account!.limits;
  if (most !== 0) return ok("max_memory", most < 0 ? "unlimited" : sizeOf(most));
  const change = "give the account max_memory of 16 MB or more";
  return finding("problem", "max_memory", { found: "none", change, why: "leases are kept in memory" });
}

function disk({ account }: NatsFacts, settings: ServerSettings | undefined): Finding {
  const { storage, limits } = account!;
  if (limits.max_storage > 0) {
    return spaceFinding(
      { usedBytes: storage, totalBytes: limits.max_storage },
      "raise max_storage of the account",
    );
  }
  if (settings !== undefined && settings.maxStorage > 0) {
    const space = { usedBytes: settings.usedStorage, totalBytes: settings.maxStorage };
    return spaceFinding(space, "raise max_file_store of the server, on a larger disk");
  }
  return finding("unknown", "disk", {
    found: `streams have ${
      sizeOf(storage)
    }; the account is not limited, and a server does not report its disk to clients`,
    change: "let an alert watch the disk of its machine, or look by --nats-monitoring http://host:8222",
    why: "a store without room refuses new events until there is room again",
  });
}

/** The server's own default. */
const PAYLOAD_BYTES = 1024 ** 2;

function maxPayload({ maxPayload }: NatsFacts): Finding {
  const found = sizeOf(maxPayload);
  if (maxPayload >= PAYLOAD_BYTES) return ok("max_payload", found);
  return finding("advice", "max_payload", {
    found,
    change: "set max_payload: 1MB",
    why: "an event, or the evidence of its failure, that is larger is refused",
  });
}

function encryption({ isEncrypted, isLocal }: NatsFacts): Finding {
  if (isEncrypted) return ok("tls", "encrypted");
  if (isLocal) return ok("tls", "not needed: the connection stays on this machine");
  return finding("advice", "tls", {
    found: "the connection is not encrypted",
    change: "add a tls block to the server's configuration, and give --tls-ca FILE",
    why: "events hold personal data, and secrets go over the same wire",
  });
}

function clock({ clockAheadMs }: NatsFacts): Finding {
  if (clockAheadMs !== undefined) return clockFinding(clockAheadMs);
  return { check: "clock", level: "unknown", found: "the server did not say its time" };
}
