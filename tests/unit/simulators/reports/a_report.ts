/** A report with a part of every kind. @module */
import type { Report } from "../../../../simulators/reports/report.ts";
import { linePlot } from "../../../../simulators/reports/svg_plot.ts";

export const AT = "2027-01-01T10:20:30.000Z";

const plot = linePlot({ title: "A plot", x: "x", y: "y", lines: [] });

export const aReport: Report = {
  name: "load",
  title: "Load <1>",
  verdict: { state: "failed", text: `Not "held" & so on` },
  notes: ["a & b"],
  sections: [{
    title: "Figures",
    state: "failed",
    parts: [
      { kind: "failure", text: "It fell behind" },
      { kind: "table", head: ["x", "y", "z"], rows: [["a|b", "2", "<b>"]] },
      { kind: "plot", plot, file: "throughput" },
      { kind: "plot", plot },
      { kind: "check", text: "I1", holds: true },
      { kind: "check", text: "I2", holds: false },
      { kind: "command", text: "deno task load" },
    ],
  }],
};
