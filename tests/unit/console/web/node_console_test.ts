import { assertEquals } from "@std/assert";
import { createMemoryBackend } from "../../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../../backends/memory/memory_store.ts";
import { FlowMeter } from "../../../../console/telemetry/flow_meter.ts";
import { NodeConsole } from "../../../../console/web/node_console.ts";
import type { WhatIfRun } from "../../../../console/web/runs/run.ts";
import { RunFiles } from "../../../../console/web/runs/run_files.ts";
import { recordedEvents } from "../../../support/what_if/recorded_history.ts";

const left: WhatIfRun = {
  ...{ id: "9ec462df-cf7f-45b0-b42a-f166e7d8fc84", by: "a.pprover", why: "the council asks" },
  ...{ at: "2026-12-01T00:00:00.000Z", policy: { capacity_share: 0.5 }, changes: [], sample: 1 },
  state: "running",
};

function consoleOn(runsDirectory: string, failures: unknown[]): NodeConsole {
  const shared = new MemoryStore();
  shared.append(recordedEvents({ seed: "page", count: 20, lived: true }), "any");
  const backend = createMemoryBackend({ shared });
  const settings = {
    signInBy: "token",
    findByToken: undefined,
    publicUrl: undefined,
    version: "1",
    shown: {},
  } as const;
  return new NodeConsole({ ...settings, runsDirectory }, {
    ...{ node: "one", version: "1", settings: {}, flow: new FlowMeter() },
    backend: () => Promise.resolve(backend),
    report: () => Promise.reject(new Error("nobody asks")),
    health: () => undefined,
    onFailure: (error) => void failures.push(error),
  });
}

Deno.test("a node that starts again goes on with the run that it left, though nobody opens the console", async () => {
  const directory = await Deno.makeTempDir();
  const files = new RunFiles(directory);
  files.write(left);
  const failures: unknown[] = [];
  const node = consoleOn(directory, failures);
  {
    using changes = Deno.watchFs(directory);
    await node.listening(8080);
    for await (const _ of changes) if (files.find(left.id)?.state !== "running") break;
  }
  assertEquals([files.find(left.id)?.state, files.progressOf(left.id)?.progress.figures.cases], ["done", 20]);
  await node.close();
  assertEquals(failures, []);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a node at which nobody asked for a run makes no place for one", async () => {
  const above = await Deno.makeTempDir();
  const directory = `${above}/runs`;
  const node = consoleOn(directory, []);
  await node.listening(8080);
  await node.close();
  assertEquals(await Deno.stat(directory).then(() => true, () => false), false);
  await Deno.remove(above);
});
