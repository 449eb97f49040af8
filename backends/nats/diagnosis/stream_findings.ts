/** What is said of the streams of a store, and of the servers that hold them. @module */
import type { StreamInfo } from "@nats-io/jetstream";
import { driftLines } from "../../../schema/nats.ts";
import { type Finding, finding, ok } from "../../diagnosis/finding.ts";
import type { NatsFacts } from "./server_facts.ts";

/** @param wanted the replicas that were asked for; undefined where any number will do */
export function streamFindings(
  { streams, missing, drift, fanOutHeld }: NatsFacts,
  wanted: number | undefined,
): readonly Finding[] {
  if (streams.length === 0) {
    return [finding("advice", "streams", {
      found: "none yet",
      change: "run setup or start with this program",
      why: "a node works with streams that are set as it needs them",
    })];
  }
  const held = fanOutHeld === undefined ? [] : [fanOut(fanOutHeld)];
  return [configuration(missing, drift), replicas(streams, wanted), peers(streams), ...held];
}

function configuration(missing: NatsFacts["missing"], drift: NatsFacts["drift"]): Finding {
  if (missing.length === 0 && drift.length === 0) return ok("streams", "as this program wants them");
  const differing = drift.map(({ stream, drift }) => `${stream} (${driftLines(drift).join(", ")})`);
  const found = [...missing.map((name) => `${name} is missing`), ...differing].join("; ");
  return finding("problem", "streams", {
    found,
    change: "run setup --apply with this program",
    why: "limits drop events that nothing has read yet, and a write needs every one of these flags",
  });
}

function replicas(streams: readonly StreamInfo[], wanted: number | undefined): Finding {
  const fewest = Math.min(...streams.map(({ config }) => config.num_replicas));
  const found = fewest === 1 ? "1 replica" : `${fewest} replicas`;
  if (fewest >= 3 && fewest >= (wanted ?? 0)) return ok("replicas", found);
  return finding(fewest < (wanted ?? 0) ? "problem" : "advice", "replicas", {
    found,
    change: `run setup --replicas ${Math.max(3, wanted ?? 0)} --apply, on a cluster of as many servers`,
    why: "the store is away while its one server is, and lost with its disk",
  });
}

/** Replicas that are away or behind: another loss would stop all writes. */
function peers(streams: readonly StreamInfo[]): Finding {
  const leaderless = streams.filter(({ cluster }) => cluster?.leader === "").map(({ config }) => config.name);
  if (leaderless.length > 0) {
    return finding("problem", "peers", {
      found: `no leader for ${leaderless.join(", ")}`,
      change: "start the servers that are away: a majority must be up",
      why: "without a leader nothing is written",
    });
  }
  const late = new Set(
    streams.flatMap(({ cluster }) =>
      (cluster?.replicas ?? []).filter(({ offline, current }) => offline || !current).map(({ name }) => name)
    ),
  );
  if (late.size === 0) return ok("peers", "all replicas are up to date");
  return finding("advice", "peers", {
    found: `${[...late].join(", ")} away or behind`,
    change: "start it, and see its log",
    why: "with one more server lost, nothing is written",
  });
}

/** Cases go on without it; others wait for their events. */
function fanOut(held: string): Finding {
  return finding("advice", "fan_out", {
    found: held,
    change: "run setup with --fan-out-from, once it is clear what others have seen",
    why: "events that are copied twice, or never, are for others another story",
  });
}
