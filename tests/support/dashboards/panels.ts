/**
 * Panels and dashboards for Grafana, as this repository draws them: one data source and two variables everywhere, a unit
 * and a description for each panel, rates over Grafana's own interval.
 * @module
 */
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { ReduceDataOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** Units of Grafana that are in use here; its own list loads in a browser only. */
export type Unit = "short" | "ops" | "s" | "bytes" | "percentunit" | "percent" | "dateTimeFromNow" | "none";

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  /** Expressions by the name of what they give, which may use labels as `{{label}}`. */
  readonly shows: Readonly<Record<string, string>>;
  /** One number instead of a line through time. */
  readonly isNumber?: boolean;
}

export interface DashboardPlan {
  /** Of its file and its address. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly rows: Readonly<Record<string, readonly Panel[]>>;
}

/** What selects the metrics of the chosen nodes, and those of their store, which are the same at every node. */
export const NODE = 'job="$job",instance=~"$instance"';
export const STORE = 'job="$job"';

const datasource = { type: "prometheus", uid: "${datasource}" };
const LINES = { width: 12, height: 8 };
const NUMBER = { width: 4, height: 4 };

/** A dashboard as Grafana reads it. */
export function buildDashboard({ name, title, description, rows }: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(`zaakstroom-${name.replaceAll("_", "-")}`)
    .description(description)
    .tags(["zaakstroom"])
    .timezone("browser")
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .readonly()
    .variables(variables());
  let id = 0;
  for (const [row, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(row).id(++id));
    for (const panel of panels) builder.withPanel(buildPanel(panel).id(++id));
  }
  return builder.build();
}

function variables() {
  return [
    new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"),
    queryVariable("job", "Job", "label_values(zaakstroom_build_info, job)"),
    queryVariable("instance", "Node", 'label_values(zaakstroom_build_info{job="$job"}, instance)')
      .multi(true).includeAll(true).allValue(".*"),
  ];
}

function queryVariable(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name).label(label).datasource(datasource).query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged);
}

function buildPanel(panel: Panel): TimeseriesBuilder | StatBuilder {
  return panel.isNumber
    ? describe(new StatBuilder().span(NUMBER.width).height(NUMBER.height).reduceOptions(latest()), panel)
    : describe(new TimeseriesBuilder().span(LINES.width).height(LINES.height).fillOpacity(10), panel);
}

/** A number is the latest value, not one over the time that is shown. */
function latest(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false);
}

function describe<T extends TimeseriesBuilder | StatBuilder>(builder: T, panel: Panel): T {
  const { title, description, unit, shows } = panel;
  builder.title(title).description(description).datasource(datasource).unit(unit).min(0);
  Object.entries(shows).forEach(([legend, expr], i) => {
    const refId = String.fromCharCode("A".charCodeAt(0) + i);
    builder.withTarget(
      new DataqueryBuilder().refId(refId).datasource(datasource).expr(expr).legendFormat(legend),
    );
  });
  return builder;
}
