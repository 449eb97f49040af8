/** Metrics say whether they are of a node or of its store, and dashboards and rules take them so. @module */
import { assert, assertEquals } from "@std/assert";
import { Metrics } from "../../../console/telemetry/metrics.ts";
import { OF_THE_STORE } from "../../../console/telemetry/registry.ts";
import { dashboardQueries } from "../../support/monitoring/dashboard_queries.ts";
import { alerts, recordingRules } from "../../support/monitoring/rule_files.ts";

/** The metrics of nodes on both servers, each with whether it is of the store. */
async function metricsOfNodes(): Promise<ReadonlyMap<string, boolean>> {
  const texts = await Promise.all(["postgres", "nats"].map((backend) => new Metrics({ backend }).text()));
  const helps = texts.flatMap((text) => [...text.matchAll(/^# HELP (\S+) (.*)$/gm)]);
  return new Map(helps.map(([, name, help]) => [name!, help!.endsWith(OF_THE_STORE)]));
}

/** The functions that are applied to a metric and take samples of several nodes together, the innermost only. */
function aggregationsOf(name: string, expression: string): readonly string[] {
  const applied = new RegExp(`(\\w+)(?: by \\([^)]*\\))? ?\\((?:\\w+\\()?${name}\\b`, "g");
  return [...expression.matchAll(applied)].map(([, operator]) => operator!);
}

Deno.test("what is the same at every node of a store is never added up over its nodes", async () => {
  const expressions = [
    ...dashboardQueries(),
    ...alerts.map(({ alert, expr }) => ({ where: alert, expr })),
    ...recordingRules.map(({ record, expr }) => ({ where: record, expr })),
  ];
  let looked = 0;
  for (const [name, isOfStore] of await metricsOfNodes()) {
    if (!isOfStore) continue;
    for (const { where, expr } of expressions) {
      const operators = aggregationsOf(name, expr);
      looked += operators.length;
      assert(!operators.includes("sum") && !operators.includes("avg"), `${where}: ${expr}`);
    }
  }
  assert(looked > 20, `${looked} expressions`);
});

Deno.test("an aggregation is found at its metric, with or without a rate and labels", () => {
  assertEquals(aggregationsOf("a_total", "sum by (x) (rate(a_total[5m])) / max(a_total)"), ["sum", "max"]);
  assertEquals(aggregationsOf("a", 'sum by (x) (max by (x, y) (a{job="b"}))'), ["max"]);
});
