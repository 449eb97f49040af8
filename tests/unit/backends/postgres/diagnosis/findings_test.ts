import { assertEquals } from "@std/assert";
import { findingsOf } from "../../../../../backends/postgres/diagnosis/findings.ts";
import type { PostgresFacts, ServerFacts } from "../../../../../backends/postgres/diagnosis/server_facts.ts";

const GB = 1024 ** 3;

const server: ServerFacts = {
  version: 180_004,
  encoding: "UTF8",
  settings: {
    fsync: "on",
    full_page_writes: "on",
    synchronous_commit: "on",
    synchronous_standby_names: "",
    data_checksums: "on",
    autovacuum: "on",
    max_connections: "100",
    superuser_reserved_connections: "3",
    reserved_connections: "0",
    default_transaction_read_only: "off",
  },
  maxWalBytes: 2 * GB,
  sharedBufferBytes: GB,
  idleSessionMs: 0,
  transactionMs: 0,
  isStandby: false,
  now: 0,
  databaseBytes: GB,
  connectionsInUse: 5,
  roleLimit: -1,
  databaseLimit: -1,
  isSuperuser: false,
  isEncrypted: true,
  isLocal: false,
  standbys: 0,
};

const facts: PostgresFacts = {
  server,
  slots: [],
  rights: { mayCreate: true, hasSchema: true, mayUse: true, ownsSchema: true, refused: [], excessive: [] },
  clockAheadMs: 3,
};

const circumstances = { pooler: false, storeRefusal: undefined, disk: { usedBytes: 1, totalBytes: 100 } };

/** The levels other than ok, by what was checked. */
function asked(changed: Partial<PostgresFacts>, around: Partial<Parameters<typeof findingsOf>[1]> = {}) {
  const findings = findingsOf({ ...facts, ...changed }, { ...circumstances, ...around });
  return findings.filter(({ level }) => level !== "ok").map(({ check, level }) => `${check}: ${level}`);
}

const onServer = (changed: Partial<ServerFacts>) => asked({ server: { ...server, ...changed } });
const withSettings = (settings: Record<string, string>) =>
  onServer({ settings: { ...server.settings, ...settings } });

Deno.test("a server that is as wanted is asked for nothing", () => {
  assertEquals(asked({}), []);
});

Deno.test("a version before 15 is refused, one before 18 is not the one that is tested", () => {
  assertEquals(onServer({ version: 140_012 }), ["version: problem"]);
  assertEquals(onServer({ version: 150_000 }), ["version: advice"]);
});

Deno.test("a database in another encoding, and a standby, take no events", () => {
  assertEquals(onServer({ encoding: "LATIN1" }), ["server_encoding: problem"]);
  assertEquals(onServer({ isStandby: true }), ["writable: problem"]);
});

Deno.test("pages without protection are a problem, without a checksum worth a word", () => {
  assertEquals(withSettings({ full_page_writes: "off" }), ["full_page_writes: problem"]);
  assertEquals(withSettings({ data_checksums: "off" }), ["data_checksums: advice"]);
});

Deno.test("standbys that are named and connected hold nothing up", () => {
  const settings = { ...server.settings, synchronous_standby_names: "other" };
  assertEquals(onServer({ settings, standbys: 1 }), []);
  assertEquals(onServer({ settings, standbys: 0 }), ["synchronous_standby_names: problem"]);
});

Deno.test("connections are those that this role may still make", () => {
  assertEquals(onServer({ connectionsInUse: 80 }), ["connections: advice"]);
  assertEquals(onServer({ connectionsInUse: 90 }), ["connections: problem"]);
  assertEquals(onServer({ databaseLimit: 20 }), ["connections: advice"]);
  assertEquals(onServer({ roleLimit: 14 }), ["connections: problem"]);
});

Deno.test("a password that goes over the network in the clear is worth a word, on this machine it is not", () => {
  assertEquals(onServer({ isEncrypted: false }), ["tls: advice"]);
  assertEquals(onServer({ isEncrypted: false, isLocal: true }), []);
});

Deno.test("a slot is found that nothing reads, or that holds back more than it should", () => {
  const slot = { name: "copy", active: true, status: "reserved", retainedBytes: GB };
  assertEquals(asked({ slots: [slot] }), []);
  assertEquals(asked({ slots: [{ ...slot, active: false }] }), ["replication_slots: advice"]);
  assertEquals(asked({ slots: [{ ...slot, retainedBytes: 5 * GB }] }), ["replication_slots: problem"]);
  assertEquals(asked({ slots: [{ ...slot, status: "lost" }] }), ["replication_slots: advice"]);
});

Deno.test("slots without a bound on what the server keeps for them are worth advice", () => {
  const slots = [{ name: "copy", active: true, status: "reserved", retainedBytes: GB }];
  const bound = (max_slot_wal_keep_size: string) =>
    asked({ slots, server: { ...server, settings: { ...server.settings, max_slot_wal_keep_size } } });
  assertEquals(bound("-1"), ["max_slot_wal_keep_size: advice"]);
  assertEquals(bound("8192"), []);
  assertEquals(withSettings({ max_slot_wal_keep_size: "-1" }), []);
});

Deno.test("a store of another version is a problem, none yet is not", () => {
  const storeRefusal = "The database is at version 1, this program needs 2";
  assertEquals(asked({}, { storeRefusal }), ["store: problem"]);
  const rights = { ...facts.rights, hasSchema: false, mayUse: false };
  assertEquals(asked({ rights }, { storeRefusal }), ["store: advice"]);
  assertEquals(asked({ rights: { ...rights, mayCreate: false } }, { storeRefusal }), [
    "rights: problem",
    "store: advice",
  ]);
});

Deno.test("a disk that can't be seen is unknown, one that is nearly full a problem", () => {
  assertEquals(asked({}, { disk: undefined }), ["disk: unknown"]);
  assertEquals(asked({}, { disk: { usedBytes: 95, totalBytes: 100 } }), ["disk: problem"]);
});
