/** What is said of a PostgreSQL server: each function judges one thing of what was read. @module */
import {
  clockFinding,
  type Finding,
  finding,
  ok,
  sizeOf,
  type Space,
  spaceFinding,
} from "../../diagnosis/finding.ts";
import { durabilityFindings } from "./durability_findings.ts";
import type { PostgresFacts, Rights, ServerFacts, Slot } from "./server_facts.ts";

/** What is known besides what the server says. */
interface Circumstances {
  /** A transaction pooler is in front: sessions then have the server's settings, not ours. */
  readonly pooler: boolean;
  /** Why this program would refuse the store that is there; undefined where it would not. */
  readonly storeRefusal: string | undefined;
  /** The disk of the data directory, where it is of this machine and may be seen. */
  readonly disk: Space | undefined;
}

/** Everything that is checked, in the order in which it is to be mended. */
export function findingsOf(facts: PostgresFacts, circumstances: Circumstances): readonly Finding[] {
  const { server, slots, rights, clockAheadMs } = facts;
  return [
    version(server),
    encoding(server),
    writable(server),
    ...durabilityFindings(server, circumstances.pooler),
    maxWalSize(server),
    sharedBuffers(server),
    autovacuum(server),
    timeouts(server),
    connections(server),
    rightsFinding(rights),
    store(rights, circumstances.storeRefusal),
    encryption(server),
    replicationSlots(slots),
    ...slotBound(server, slots),
    disk(server, circumstances.disk),
    clockFinding(clockAheadMs),
  ];
}

const OLDEST = 150_000;
const TESTED = 180_000;

function version({ version }: ServerFacts): Finding {
  const found = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`;
  if (version >= TESTED) return ok("version", found);
  const change = "use PostgreSQL 18";
  if (version >= OLDEST) {
    return finding("advice", "version", {
      found,
      change,
      why: "15 to 17 are accepted, 18 is what is tested",
    });
  }
  return finding("problem", "version", { found, change, why: "servers before 15 are refused" });
}

function encoding({ encoding }: ServerFacts): Finding {
  if (encoding === "UTF8") return ok("server_encoding", encoding);
  return finding("problem", "server_encoding", {
    found: encoding,
    change: "create the database with encoding 'UTF8' template template0",
    why: "events hold any character; other encodings can't keep them all, and are refused",
  });
}

function writable({ isStandby, settings }: ServerFacts): Finding {
  const isReadOnly = settings["default_transaction_read_only"] === "on";
  if (!isStandby && !isReadOnly) return ok("writable", "takes writes");
  return finding("problem", "writable", {
    found: isStandby ? "a standby, which is read-only" : "default_transaction_read_only is on",
    change: isStandby
      ? "name every server in --url, with target_session_attrs=read-write"
      : "set default_transaction_read_only to off for this role and database",
    why: "a node writes with everything it settles",
  });
}

/** What the embedded server has. */
const MAX_WAL_BYTES = 2 * 1024 ** 3;
const SHARED_BUFFER_BYTES = 256 * 1024 ** 2;

function maxWalSize({ maxWalBytes }: ServerFacts): Finding {
  const found = sizeOf(maxWalBytes);
  if (maxWalBytes >= MAX_WAL_BYTES) return ok("max_wal_size", found);
  return finding("advice", "max_wal_size", {
    found,
    change: "alter system set max_wal_size = '2GB'; select pg_reload_conf()",
    why:
      "under load a smaller one forces checkpoints: each makes the disk busy, and full page images that follow it " +
      "make the log longer still",
  });
}

function sharedBuffers({ sharedBufferBytes }: ServerFacts): Finding {
  const found = sizeOf(sharedBufferBytes);
  if (sharedBufferBytes >= SHARED_BUFFER_BYTES) return ok("shared_buffers", found);
  return finding("advice", "shared_buffers", {
    found,
    change: "alter system set shared_buffers = '256MB' or more (a quarter of memory is usual), and restart",
    why: "the newest events are read by every processor: they should be found in memory",
  });
}

function autovacuum({ settings }: ServerFacts): Finding {
  if (settings["autovacuum"] === "on") return ok("autovacuum", "on");
  return finding("problem", "autovacuum", {
    found: "off",
    change: "alter system set autovacuum = on; select pg_reload_conf()",
    why:
      "checkpoints, leases and parked cases are updated in place: their dead rows are otherwise never removed, and " +
      "reading them takes ever longer",
  });
}

/** A statement of ours may run this long. */
const STATEMENT_MS = 60_000;

function timeouts({ idleSessionMs, transactionMs }: ServerFacts): Finding {
  const tooShort = transactionMs > 0 && transactionMs < STATEMENT_MS;
  if (idleSessionMs === 0 && !tooShort) return ok("timeouts", "none that ends a session of ours");
  const [setting, milliseconds] = tooShort
    ? ["transaction_timeout", transactionMs]
    : ["idle_session_timeout", idleSessionMs];
  return finding("advice", "timeouts", {
    found: `${setting} is ${milliseconds} ms`,
    change: `alter role … set ${setting} = 0`,
    why: tooShort
      ? "a statement of ours may take 60 s before it is given up"
      : "a node listens on a session that is idle by nature: it is ended, and made again, all the time",
  });
}

/** A pool of eight, one session that listens, and one to spare for a command. */
const NODE_CONNECTIONS = 10;

function connections(server: ServerFacts): Finding {
  const { connectionsInUse, roleLimit, databaseLimit, isSuperuser } = server;
  const number = (name: string) => Number(server.settings[name] ?? 0);
  const reserved = isSuperuser
    ? 0
    : number("superuser_reserved_connections") + number("reserved_connections");
  const limits = [
    number("max_connections") - reserved,
    ...[roleLimit, databaseLimit].filter((limit) => limit >= 0),
  ];
  const free = Math.min(...limits) - connectionsInUse;
  const found = `${connectionsInUse} in use, ${Math.max(0, free)} free`;
  if (free >= 2 * NODE_CONNECTIONS) return ok("connections", found);
  return finding(free < NODE_CONNECTIONS ? "problem" : "advice", "connections", {
    found,
    change:
      "raise max_connections (and a CONNECTION LIMIT of the role or database), or put a pooler in front (--pooler)",
    why:
      `a node holds up to ${NODE_CONNECTIONS}; a second one, or the next version beside this one, needs as many`,
  });
}

function rightsFinding({ mayCreate, hasSchema, mayUse, refused, excessive, ownsSchema }: Rights): Finding {
  const why = "a node reads and writes every table of the schema zaakstroom, through its functions";
  const change =
    "run setup as the owner, then what setup --print-roles prints, and use the role zaakstroom_node";
  if (!hasSchema) {
    if (mayCreate) return ok("rights", "may make the schema");
    const grant = "grant create on database … to this role, or let its owner run setup";
    return finding("problem", "rights", {
      found: "may not create a schema, and there is none",
      change: grant,
      why,
    });
  }
  if (!mayUse) {
    return finding("problem", "rights", { found: "may not use the schema zaakstroom", change, why });
  }
  if (refused.length > 0) {
    const some = refused.slice(0, 5).join(", ") + (refused.length > 5 ? ", …" : "");
    return finding("problem", "rights", { found: `may not use ${some}`, change, why });
  }
  if (excessive.length > 0 && !ownsSchema) {
    return finding("advice", "rights", {
      found: `may change ${excessive.slice(0, 5).join(", ")}`,
      change,
      why: "a node only adds to them: whoever takes its password could change the past",
    });
  }
  return ok("rights", ownsSchema ? "owns the schema" : "may use the schema; its owner brings it up to date");
}

function store({ hasSchema, mayUse }: Rights, refusal: string | undefined): Finding {
  if (hasSchema && !mayUse) {
    return { check: "store", level: "unknown", found: "this role can't see it" };
  }
  if (refusal === undefined) return ok("store", "of this program's version");
  return finding(hasSchema ? "problem" : "advice", "store", {
    found: hasSchema ? refusal : "none yet",
    change: "run setup or start with this program",
    why: "a node works with the schema of its own version",
  });
}

function encryption({ isLocal, isEncrypted }: ServerFacts): Finding {
  if (isEncrypted) return ok("tls", "encrypted");
  if (isLocal) return ok("tls", "not needed: the connection stays on this machine");
  return finding("advice", "tls", {
    found: "the connection is not encrypted",
    change: "set ssl = on at the server, and give --tls-ca FILE, or sslmode=verify-full in --url",
    why: "events hold personal data, and the password goes over the same wire",
  });
}

/** What a slot may hold back before it is worth a word. */
const SLOT_BYTES = 4 * 1024 ** 3;

function replicationSlots(slots: readonly Slot[]): Finding {
  const lost = slots.filter(({ status }) => status === "lost" || status === "unreserved");
  const holding = slots.filter(({ retainedBytes, active }) =>
    retainedBytes > SLOT_BYTES || !active && retainedBytes > 0
  );
  const [worst] = [...lost, ...holding];
  if (worst === undefined) {
    return ok("replication_slots", slots.length === 0 ? "none" : `${slots.length}, all in use`);
  }
  const { name, active, status, retainedBytes } = worst;
  return finding(retainedBytes > SLOT_BYTES ? "problem" : "advice", "replication_slots", {
    found: `${name} is ${active ? "read" : "not read by anyone"}, ${status}, and holds ${
      sizeOf(retainedBytes)
    }`,
    change: "start its reader, or drop it (select pg_drop_replication_slot('…')); set max_slot_wal_keep_size",
    why: "a slot keeps the write-ahead log until its reader has it, and so fills the disk",
  });
}

/** Without slots the setting means nothing. */
function slotBound({ settings }: ServerFacts, slots: readonly Slot[]): readonly Finding[] {
  const megabytes = settings["max_slot_wal_keep_size"];
  if (slots.length === 0 || megabytes === undefined) return [];
  if (megabytes !== "-1") return [ok("max_slot_wal_keep_size", `${megabytes} MB`)];
  return [finding("advice", "max_slot_wal_keep_size", {
    found: "-1, no bound",
    change: "alter system set max_slot_wal_keep_size = '…GB', half of the free disk; select pg_reload_conf()",
    why:
      "a slot whose reader stays away fills the disk; with a bound that slot is lost, and the server goes on",
  })];
}

function disk({ databaseBytes }: ServerFacts, space: Space | undefined): Finding {
  if (space !== undefined) return spaceFinding(space, "make the disk larger, or archive closed cases");
  return finding("unknown", "disk", {
    found: `the database has ${sizeOf(databaseBytes)}; PostgreSQL does not report free space`,
    change: "let an alert watch the disk of its machine (node_exporter: node_filesystem_avail_bytes)",
    why: "a store without room refuses new events until there is room again",
  });
}
