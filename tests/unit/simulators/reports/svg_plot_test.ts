import { assert, assertEquals, assertMatch } from "@std/assert";
import { barPlot, formatShort, linePlot, niceTicks } from "../../../../simulators/reports/svg_plot.ts";
import { markdown, page, plainTable, reportFiles } from "../../../../simulators/reports/report_page.ts";

Deno.test("ticks are round numbers within the range", () => {
  assertEquals(niceTicks(0, 10), [0, 2, 4, 6, 8, 10]);
  assertEquals(niceTicks(0, 0.7), [0, 0.2, 0.4, 0.6]);
  assertEquals(niceTicks(3, 3), [3]);
});

Deno.test("numbers on an axis are short", () => {
  assertEquals([0, 0.25, 999, 12_345, 2_500_000].map(formatShort), ["0", "0.25", "999", "12.3K", "2.5M"]);
});

for (const logarithmic of [false, true]) {
  Deno.test(`a plot has a line for each series and no NaN, also of nothing and of one point${logarithmic ? ", in powers of ten" : ""}`, () => {
    for (const points of [[], [[1, 0]], [[1, 5], [2, 5_000]]] as [number, number][][]) {
      const svg = linePlot({ title: "A < B", x: "x", y: "y", lines: [{ name: "one", points }], logarithmic });
      assertMatch(svg, /^<svg .*<polyline .*<\/svg>$/);
      assert(!/NaN|Infinity/.test(svg), svg);
      assertMatch(svg, /A &#60; B/);
    }
  });
}

Deno.test("a bar plot shows each value with its range", () => {
  const svg = barPlot("rates", "a second", [{ label: "a", value: 10, range: [8, 12] }, {
    label: "b",
    value: 0,
  }]);
  assertEquals([svg.match(/<rect /g)!.length, /NaN/.test(svg)], [3, false]);
});

Deno.test("a report is one page with everything in it, and Markdown with its plots beside it", () => {
  const svg = linePlot({ title: "t", x: "x", y: "y", lines: [] });
  const report = {
    title: "Load <1>",
    parts: [
      { kind: "text", text: "a & b" },
      { kind: "table", head: ["x", "y"], rows: [["a|b", "2"]] },
      { kind: "plot", name: "throughput", svg },
    ],
  } as const;
  assertEquals(Object.keys(reportFiles(report, "load")), ["load.md", "load.html", "throughput.svg"]);
  const html = page(report);
  assert(html.includes(svg) && html.includes("Load &#60;1&#62;") && html.includes("a &#38; b"));
  assert(!/src=|href=|@import/.test(html), "it needs nothing else");
  assertMatch(markdown(report), /\| a\\\|b \| 2 \|\n\n!\[throughput\]\(throughput\.svg\)/);
});

Deno.test("a table for a terminal has its columns side by side", () => {
  assertEquals(plainTable(["what", "n"], [["a", "100"], ["long", "1"]]), "what    n\na     100\nlong    1");
});
