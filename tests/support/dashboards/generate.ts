/** `deno task dashboards`: writes deploy/monitoring/dashboards. @module */
import { caseFlow } from "./case_flow.ts";
import { overview } from "./overview.ts";
import { buildDashboard } from "./panels.ts";
import { processors } from "./processors.ts";
import { jetstream, postgresql } from "./servers.ts";

/** Where the dashboards stand. */
export const DASHBOARDS = new URL("../../../deploy/monitoring/dashboards/", import.meta.url);

export const dashboardPlans = [overview, processors, postgresql, jetstream, caseFlow];

/** The text of each dashboard, by the name of its file. */
export function dashboardFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    dashboardPlans.map((plan) => [`${plan.name}.json`, `${JSON.stringify(buildDashboard(plan), null, 2)}\n`]),
  );
}

if (import.meta.main) {
  await Deno.mkdir(DASHBOARDS, { recursive: true });
  for (const [name, text] of Object.entries(dashboardFiles())) {
    await Deno.writeTextFile(new URL(name, DASHBOARDS), text);
  }
}
