/** Dashboards: what is committed is what the generator makes, and it keeps the rules of the field. @module */
import { assert, assertEquals } from "@std/assert";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboardFiles, dashboardPlans, DASHBOARDS } from "../../support/dashboards/generate.ts";
import { buildDashboard } from "../../support/dashboards/panels.ts";

type Target = { readonly expr: string; readonly datasource: { readonly uid: string } };

const dashboards = dashboardPlans.map(buildDashboard);
const panels = dashboards.flatMap((dashboard) =>
  (dashboard.panels as Panel[]).filter(({ type }) => type !== "row").map((panel) => ({ dashboard, panel }))
);

Deno.test("the committed dashboards are those that `deno task dashboards` writes", async () => {
  const wanted = dashboardFiles();
  const names = (await Array.fromAsync(Deno.readDir(DASHBOARDS))).map(({ name }) => name)
    .filter((name) => name.endsWith(".json"));
  assertEquals(names.sort(), Object.keys(wanted).sort());
  for (const [name, text] of Object.entries(wanted)) {
    assertEquals(await Deno.readTextFile(new URL(name, DASHBOARDS)), text, `${name}: deno task dashboards`);
  }
});

Deno.test("dashboards have an address, a title and variables of their own, and no data source by name", () => {
  const unique = (values: readonly unknown[]) => new Set(values).size === values.length;
  assert(unique(dashboards.map(({ uid }) => uid)) && unique(dashboards.map(({ title }) => title)));
  for (const { title, templating } of dashboards) {
    assertEquals(templating!.list!.map(({ name }) => name), ["datasource", "job", "instance"], title);
  }
  for (const { panel, dashboard } of panels) {
    const targets = panel.targets as unknown as Target[];
    for (const { datasource } of [panel as unknown as Target, ...targets]) {
      assertEquals(datasource.uid, "${datasource}", `${dashboard.title}: ${panel.title}`);
    }
  }
});

Deno.test("panels have a title, a description and a unit, and select their job", () => {
  for (const { panel, dashboard } of panels) {
    const where = `${dashboard.title}: ${panel.title}`;
    assert(panel.title && panel.description && panel.fieldConfig?.defaults.unit, where);
    for (const { expr } of panel.targets as unknown as Target[]) {
      const selectors = expr.match(/\{[^}]*\}/g)!;
      assert(selectors.every((selector) => selector.includes('job="$job"')), `${where}: ${expr}`);
      const ranges = [...expr.matchAll(/\}\[([^\]]+)\]/g)].map(([, range]) => range);
      assert(ranges.every((range) => range === "$__rate_interval" || range === "1d"), `${where}: ${expr}`);
    }
  }
});

Deno.test("no two panels of a dashboard lie on one another, and none leaves it", () => {
  for (const { title, panels: all } of dashboards) {
    const taken = new Set<string>();
    for (const { gridPos } of all as Panel[]) {
      const { x, y, w, h } = gridPos!;
      assert(x + w <= 24, title);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          assert(!taken.has(`${column} ${line}`), `${title}: ${column} ${line}`);
          taken.add(`${column} ${line}`);
        }
      }
    }
  }
});
