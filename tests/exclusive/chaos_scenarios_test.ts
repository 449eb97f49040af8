/**
 * Every scenario of chaos in its short form: real servers, nodes, workers and networks, through the function behind
 * `deno task chaos`. How soon all goes on after a fault is for the long form, on a machine that does nothing else. @module
 */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { runScenarios } from "../../simulators/chaos.ts";
import type { RunResult } from "../../simulators/chaos/run_scenario.ts";
import { unsupportedReason } from "../../simulators/chaos/scenario.ts";
import { scenarios } from "../../simulators/chaos/scenarios.ts";
import { findNatsServer } from "../support/servers/nats_server.ts";

const BACKENDS = ["postgres", "nats"] as const;
const inShort = scenarios.map((scenario) => ({ ...scenario, expect: {} }));
const short = { seed: "short", durationMs: 2_000, perSecond: 60, syncs: false, parallel: 4, url: undefined };

const keyOf = (scenario: string, backend: string) => `${scenario} on ${backend}`;

/** For each run, the sentence that it shows. */
function sentences(): Map<string, string> {
  const runs = inShort.flatMap((scenario) =>
    BACKENDS.filter((backend) => unsupportedReason(scenario, backend, true) === undefined)
      .map((backend) => [keyOf(scenario.name, backend), scenario.about] as const)
  );
  return new Map(runs.map(([key, about]) => [key, `${about} (${key})`]));
}

/** Names the server that tests have found, or fetched, while something goes on. */
async function withNats<T>(goOn: () => Promise<T>): Promise<T> {
  const before = Deno.env.get("NATS_SERVER");
  Deno.env.set("NATS_SERVER", await findNatsServer());
  try {
    return await goOn();
  } finally {
    if (before === undefined) Deno.env.delete("NATS_SERVER");
    else Deno.env.set("NATS_SERVER", before);
  }
}

Deno.test("every scenario passes in its short form, on every backend that it is made for (I1-I8)", async (t) => {
  const runs = [...sentences()].map(([key, name]) => ({ key, name, ...Promise.withResolvers<RunResult>() }));
  const steps = runs.map(({ name, promise }) =>
    t.step({
      name,
      // All of them go on at the same time; what is left over is seen by the whole.
      ...{ sanitizeOps: false, sanitizeResources: false, sanitizeExit: false },
      fn: async () => assertEquals((await promise).failures, []),
    })
  );
  const playing = withNats(() =>
    runScenarios({
      ...short,
      backends: BACKENDS,
      scenarios: inShort,
      nodeEntry: fileURLToPath(new URL("../../console/commands/chaos/node_entry.ts", import.meta.url)),
      signal: new AbortController().signal,
      onPhase() {},
      onResult: (result) =>
        runs.find(({ key }) => key === keyOf(result.scenario, result.backend))?.resolve(result),
    })
  ).finally(() => runs.forEach(({ reject }) => reject(new Error("It was not played"))));
  await Promise.all([playing, ...steps]);
});
