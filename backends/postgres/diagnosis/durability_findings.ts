/** What an acknowledgement of a PostgreSQL server is worth. @module */
import { type Finding, finding, ok } from "../../diagnosis/finding.ts";
import type { ServerFacts } from "./server_facts.ts";

/** @param pooler a transaction pooler is in front, so that sessions have the server's `synchronous_commit` */
export function durabilityFindings(server: ServerFacts, pooler: boolean): readonly Finding[] {
  return [
    fsync(server),
    fullPageWrites(server),
    commit(server, pooler),
    checksums(server),
    ...standbys(server),
  ];
}

function fsync({ settings }: ServerFacts): Finding {
  if (settings["fsync"] === "on") return ok("fsync", "on");
  return finding("problem", "fsync", {
    found: "off",
    change: "alter system set fsync = on; select pg_reload_conf()",
    why:
      "an acknowledged event is lost when the server's machine stops, and the whole database may be damaged",
  });
}

function fullPageWrites({ settings }: ServerFacts): Finding {
  if (settings["full_page_writes"] === "on") return ok("full_page_writes", "on");
  return finding("problem", "full_page_writes", {
    found: "off",
    change: "alter system set full_page_writes = on; select pg_reload_conf()",
    why:
      "a page that was half written when the power failed can't be mended, unless the file system writes whole pages",
  });
}

function commit({ settings }: ServerFacts, pooler: boolean): Finding {
  const found = settings["synchronous_commit"] ?? "on";
  if (found !== "off") return ok("synchronous_commit", found);
  const change = "alter system set synchronous_commit = on; select pg_reload_conf()";
  const lost = "the last moments before a stop are lost, though they were acknowledged";
  return pooler
    ? finding("problem", "synchronous_commit", {
      found,
      change,
      why: `${lost}: behind a pooler sessions have this`,
    })
    : finding("advice", "synchronous_commit", {
      found,
      change,
      why: `sessions of this program set it on; for others that write the outbox ${lost}`,
    });
}

function checksums({ settings }: ServerFacts): Finding {
  if (settings["data_checksums"] === "on") return ok("data_checksums", "on");
  return finding("advice", "data_checksums", {
    found: "off",
    change: "stop the server and run pg_checksums --enable",
    why: "a page that the disk damaged is otherwise read as if it were right",
  });
}

/** Synchronous standbys that are all away let every commit wait. */
function standbys({ settings, standbys }: ServerFacts): readonly Finding[] {
  const names = settings["synchronous_standby_names"] ?? "";
  if (names === "") return [];
  if (standbys > 0) return [ok("synchronous_standby_names", `${names}; ${standbys} connected`)];
  return [finding("problem", "synchronous_standby_names", {
    found: `${names}, and no standby is connected`,
    change: "start the standby, or alter system reset synchronous_standby_names; select pg_reload_conf()",
    why: "every commit waits for a standby that is not there",
  })];
}
