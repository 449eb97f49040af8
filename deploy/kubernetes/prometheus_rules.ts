/**
 * `deno task deploy:rules`: writes the alerts and recording rules of deploy/monitoring as objects of the Prometheus
 * operator. One object a file; its content stays as it is, a step further to the right.
 * @module
 */

const RULES = new URL("../monitoring/", import.meta.url);
const OBJECTS = new URL("components/monitoring/prometheus_rules.yaml", import.meta.url);

/** The text of prometheus_rules.yaml. */
export function prometheusRules(files: ReadonlyMap<string, string>): string {
  const objects = [...files].sort(([a], [b]) => a < b ? -1 : 1).map(([name, text]) => objectOf(name, text));
  return ["# Written by `deno task deploy:rules` from deploy/monitoring: change it there.\n", ...objects]
    .join("");
}

function objectOf(name: string, text: string): string {
  const indented = text.trimEnd().split("\n").map((line) => line === "" ? "" : `  ${line}`);
  return [
    "---",
    "apiVersion: monitoring.coreos.com/v1",
    "kind: PrometheusRule",
    "metadata:",
    `  name: zaakstroom-${name.replace(/\.yaml$/, "").replaceAll("_", "-")}`,
    "spec:",
    ...indented,
    "",
  ].join("\n");
}

/** The files of deploy/monitoring that have groups of rules, by their names. */
export function readRuleFiles(): ReadonlyMap<string, string> {
  const names = [...Deno.readDirSync(RULES)].map(({ name }) => name).filter((name) => name.endsWith(".yaml"));
  const files = names.map((name) => [name, Deno.readTextFileSync(new URL(name, RULES))] as const);
  return new Map(files.filter(([, text]) => /^groups:/m.test(text)));
}

if (import.meta.main) await Deno.writeTextFile(OBJECTS, prometheusRules(readRuleFiles()));
