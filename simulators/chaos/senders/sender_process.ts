/** The process of a sender: it sends until its standard input ends, or it is killed. @module */
import type { RelayOptions } from "../../../actors/relay/relay.ts";
import { type SupervisedRelay, superviseRelays } from "../../../actors/relay/relay_actor.ts";
import type { Backend } from "../../../backends/backend.ts";
import { StreamTarget } from "../../../backends/nats/relay/stream_target.ts";
import { ChangeFile } from "../../../backends/relay/changes/change_sink.ts";
import { streamChanges } from "../../../backends/postgres/cdc/stream_changes.ts";
import { HttpTarget } from "../../../backends/relay/http_target.ts";
import { NdjsonFile } from "../../../backends/relay/ndjson_target.ts";
import type { RelayTarget } from "../../../backends/relay/target.ts";
import { toCloudEvent } from "../../../schema/cloudevents/cloud_event.ts";
import { defaultNames } from "../../../schema/cloudevents/event_names.ts";
import { allEventTypes } from "../../../schema/events.ts";
import { openStore } from "../node/open_store.ts";
import {
  type ChangesPlan,
  RELAY_PREFIX,
  RELAY_STREAM,
  type RelaysPlan,
  type RelayTargets,
  type SenderPlan,
} from "./sender_plan.ts";

/** Runs until it is asked to stop; returns the exit code. */
export async function runSender(plan: SenderPlan): Promise<number> {
  const stop = new AbortController();
  void Deno.stdin.read(new Uint8Array(16)).catch(() => null).then(() => stop.abort());
  if (plan.role === "changes") await runChanges(plan, stop.signal);
  else await runRelays(plan, stop.signal);
  return 0;
}

async function runRelays(plan: RelaysPlan, signal: AbortSignal): Promise<void> {
  const backend = await openStore(plan);
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve());
  const supervisor = superviseRelays(relaysOf(backend, plan), {
    onStep: (name, step) => step === "stopped" && printError(`The relay ${name} stopped`),
    onCrash: (reason) => printError(`A relay ended with ${reason}`),
  });
  await asked;
  supervisor.stop();
  await supervisor.ended;
  await backend.close();
}

/** To whoever plays the scenario: a sender that has something to say has a problem. */
function printError(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function relaysOf(backend: Backend, { owner, targets }: RelaysPlan): SupervisedRelay[] {
  return Object.entries(targetsOf(backend, targets)).map(([name, target]) => {
    const shown: RelayOptions["shown"] = (stored) => toCloudEvent(stored, {}, defaultNames);
    const options = { name, to: name, owner, target, shown };
    return { name, open: () => Promise.resolve({ source: backend, options }) };
  });
}

function targetsOf({ partitions }: Backend, { file, http, nats }: RelayTargets): Record<string, RelayTarget> {
  const stream = nats && new StreamTarget({
    ...{ url: nats, stream: RELAY_STREAM, prefix: RELAY_PREFIX, types: allEventTypes, mode: "structured" },
    ...{ writer: "chaos", partitions },
  });
  return {
    file: new NdjsonFile(file),
    http: new HttpTarget({ url: http, mode: "batch", deadlineMs: 2_000 }),
    ...stream && { stream },
  };
}

/** Nothing is masked but the data: what is judged is which rows came, and when. */
async function runChanges({ url, slot, to }: ChangesPlan, signal: AbortSignal): Promise<void> {
  await streamChanges({
    ...{ target: { url }, slot, signal, sink: new ChangeFile(to), takesSnapshot: true, untilIdle: false },
    tables: [{ schema: "zaakstroom", table: "events" }],
    origin: { version: "chaos", name: "chaos", database: "chaos" },
    mask: (_relation, row) => ({ ...row, data: null }),
    outboxes: [],
    heartbeatMs: 500,
    onNotice() {},
  });
}
