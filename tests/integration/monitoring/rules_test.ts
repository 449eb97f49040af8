/** Alerts and recording rules: they parse, have a page each, fire when they should and stay quiet when they should. @module */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { type AlertCase, alertCases, type Series } from "../../support/monitoring/alert_cases.ts";
import { alerts, deployPath, ruleFiles } from "../../support/monitoring/rule_files.ts";
import { prometheusTest, promtool } from "../../support/servers/prometheus.ts";

const ROOT = new URL("../../../", import.meta.url);
const names = alerts.map(({ alert }) => alert);

Deno.test("every alert has a runbook with its expression and all parts, and every runbook has an alert", async () => {
  const pages: string[] = [];
  for (const { alert, expr, annotations: { runbook_url }, labels: { severity } } of alerts) {
    const text = await Deno.readTextFile(new URL(runbook_url, ROOT));
    assert(text.startsWith(`# ${alert}\n`), `${runbook_url} is of another alert`);
    assert(text.includes(`**Severity** ${severity}`), `${runbook_url} names another severity`);
    assert(
      text.replaceAll(/\s+/g, " ").includes(expr.replaceAll(/\s+/g, " ")),
      `${runbook_url} has another expression`,
    );
    for (const part of ["Symptom", "Metric", "Action", "Verification"]) {
      assert(text.includes(`\n## ${part}\n`), `${runbook_url} has no ${part}`);
    }
    pages.push(runbook_url.split("/").at(-1)!);
  }
  const found = await Array.fromAsync(Deno.readDir(new URL("docs/how-to/runbooks/", ROOT)));
  const present = found.map(({ name }) => name).filter((name) => name !== "README.md");
  assertEquals(present.sort(), pages.sort());
});

Deno.test("alerts are named after the product, and have one of three severities and words for people", () => {
  for (const { alert, labels, annotations } of alerts) {
    assert(/^Zaakstroom([A-Z][a-z]+)+$/.test(alert), alert);
    assert(["critical", "warning", "info"].includes(labels.severity), alert);
    assert(annotations.summary.length > 5 && annotations.description.length > 20, alert);
  }
  assertEquals(new Set(names).size, names.length);
});

Deno.test("every alert has a case in which it fires and one in which it does not", () => {
  assertEquals(Object.keys(alertCases).sort(), names.toSorted());
});

prometheusTest("promtool finds no fault with the rules and the configuration", async () => {
  await promtool(["check", "rules", ...ruleFiles]);
  await promtool(["check", "config", deployPath("prometheus.yaml")]);
});

prometheusTest("each alert fires when it should, and is quiet when it should not", async () => {
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-rules-" });
  try {
    for (const interval of ["1m", "30m"]) {
      const file = join(directory, `${interval}.yaml`);
      const tests = testsOfRules(interval);
      const order = { group_eval_order: ["zaakstroom-slo-ratios", "zaakstroom-slo"] };
      const content = { rule_files: ruleFiles, evaluation_interval: interval, ...order, tests };
      await Deno.writeTextFile(file, JSON.stringify(content));
      await promtool(["test", "rules", file]);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** Two tests an alert, in promtool's form. */
function testsOfRules(interval: string) {
  const cases = Object.entries(alertCases).filter(([, { isCoarse }]) =>
    isCoarse === (interval === "30m" || undefined)
  );
  return cases.flatMap(([alert, { at, fires, quiet }]) => [
    { ...testOfRule(alert, at, fires, 1), interval },
    { ...testOfRule(alert, at, quiet, 0), interval },
  ]);
}

function testOfRule(alert: string, at: AlertCase["at"], series: Series, firing: number) {
  const expr = `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`;
  return {
    name: `${alert} ${firing === 1 ? "fires" : "is quiet"}`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [{ expr, eval_time: at, exp_samples: [{ labels: "{}", value: firing }] }],
  };
}
