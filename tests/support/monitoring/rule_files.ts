/** The rules of `deploy/monitoring`, as Prometheus reads them. @module */
import { fileURLToPath } from "node:url";
import { parse } from "@std/yaml/parse";

/** An alert. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<"summary" | "description" | "runbook_url", string>>;
}

/** A series that is recorded. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export function deployPath(path: string): string {
  return fileURLToPath(new URL(`../../../deploy/monitoring/${path}`, import.meta.url));
}

export const ruleFiles = ["recording_rules.yaml", "alerts.yaml"].map(deployPath);

async function readRules<T>(file: string): Promise<readonly T[]> {
  const { groups } = parse(await Deno.readTextFile(file)) as { groups: { rules: T[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export const recordingRules: readonly RecordingRule[] = await readRules<RecordingRule>(ruleFiles[0]!);
export const alerts: readonly Alert[] = await readRules<Alert>(ruleFiles[1]!);

/** The names of metrics in an expression, those of a recording rule included. */
export function metricNamesIn(expression: string): string[] {
  const withoutLabels = expression.replaceAll(/\{[^}]*\}|\b(?:by|without|on) \([^)]*\)|\[[^\]]*\]/g, "");
  const names = withoutLabels.match(/\b(?:event|zaakstroom|process|backend)_?[a-z_:]*[a-z0-9_:]*|\bup\b/g) ??
    [];
  return [...new Set(names)];
}
