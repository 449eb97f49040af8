/** `/node`: health, version and settings of the node that serves this page. @module */
import { demonstrationMandate, policy, writtenMandate } from "../../../actors/application.ts";
import type { Promised } from "../../../backends/health.ts";
import type { HealthReport } from "../../http/health_report.ts";
import { type Markup, markup } from "../markup.ts";
import type { Page } from "../page.ts";
import { durabilityText } from "../views/durability.ts";
import type { Writer } from "../texts/catalogue.ts";
import { mandatesView } from "../views/mandates.ts";
import { factList, pageHead, timeOf } from "../views/parts.ts";

export const page: Page = {
  path: "/node",
  act: "node.see",
  async show({ write, sources }) {
    const report = await sources.report();
    const { version, settings } = sources;
    const title = write("node.title", { name: report.node });
    return {
      title,
      current: "node",
      json: { version, settings, mandates: policy.mandates.map(writtenMandate), health: report },
      body: markup`${pageHead(title, write("node.lead"))}<div class="split"><section><h2>${
        write("node.health")
      }</h2>${healthFacts(report, sources.health()?.promised, version, write)}</section><section><h2>${
        write("node.settings")
      }</h2>${
        factList(
          Object.entries(settings).map(([name, value]) => [name, markup`<code>${value}</code>`] as const),
        )
      }</section></div>${mandatesView(policy.mandates, write)}<p>${
        write("mandates.generated", { name: demonstrationMandate.name })
      }</p>`,
    };
  },
};

function healthFacts(
  report: HealthReport,
  promised: Promised | undefined,
  version: string,
  write: Writer,
): Markup {
  const { status, ready, why, since, started_at, backend, durability, workers } = report;
  return factList([
    [write("node.status"), status],
    [write("node.ready"), write(ready ? "node.yes" : "node.no")],
    [write("node.why"), why.length === 0 ? write("none") : why.map((line) => markup`${line}<br>`)],
    [write("node.since"), timeOf(since, write)],
    [write("node.started"), timeOf(started_at, write)],
    [write("nodes.title"), write("nodes.workers", { n: workers })],
    [write("node.backend"), backend],
    [
      write("node.durability"),
      durability === null ? write("unknown") : durabilityText(durability, promised, write),
    ],
    [write("node.version"), version],
  ]);
}
