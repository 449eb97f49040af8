/** The expressions of the dashboards, with Grafana's variables filled in. @module */
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboardPlans } from "../dashboards/generate.ts";
import { buildDashboard } from "../dashboards/panels.ts";

/** What Grafana would put in: all nodes, and rates over a range in which a test scrapes twenty times. */
const VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: "10s",
  $job: "zaakstroom",
  $instance: ".*",
};

export interface DashboardQuery {
  /** Dashboard and panel. */
  readonly where: string;
  readonly expr: string;
}

export function dashboardQueries(): readonly DashboardQuery[] {
  return dashboardPlans.map(buildDashboard).flatMap(({ title, panels }) =>
    (panels as Panel[]).filter(({ type }) => type !== "row").flatMap((panel) =>
      (panel.targets as unknown as { expr: string }[]).map(({ expr }) => ({
        where: `${title}: ${panel.title}`,
        expr: expr.replaceAll(/\$\w+/g, (name) => VARIABLES[name] ?? name),
      }))
    )
  );
}
