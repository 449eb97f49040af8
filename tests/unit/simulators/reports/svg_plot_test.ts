import { assert, assertEquals, assertMatch } from "@std/assert";
import { barPlot, linePlot } from "../../../../simulators/reports/svg_plot.ts";

const axes = { title: "A < B", x: "x", y: "y" };

for (const logarithmic of [false, true]) {
  Deno.test(`a plot has a line for each series and no NaN, also of nothing and of one point${logarithmic ? ", in powers of ten" : ""}`, () => {
    for (const points of [[], [[1, 0]], [[1, 5], [2, 5_000], [3, NaN]]] as [number, number][][]) {
      const svg = linePlot({ ...axes, lines: [{ name: "one", points }], logarithmic }).draw(560);
      assertMatch(svg, /^<svg .*<polyline .*<\/svg>$/);
      assert(!/NaN|Infinity/.test(svg), svg);
      assertMatch(svg, /A &lt; B/);
    }
  });
}

Deno.test("nothing is measured at 0 on powers of ten", () => {
  const svg = linePlot({ ...axes, lines: [{ name: "one", points: [[1, 0], [2, 10]] }], logarithmic: true })
    .draw(560);
  assertEquals(pointsOf(svg).length, 1);
});

Deno.test("plots with the same ends have the same axes, so that they can be compared", () => {
  const common = { ...axes, xRange: [0, 10], yMost: 100 } as const;
  const [low, high] = [50, 100].map((y) => {
    const svg = linePlot({ ...common, lines: [{ name: "one", points: [[5, y]] }] }).draw(560);
    return { point: pointsOf(svg)[0]!, ticks: svg.match(/<text class="quiet"[^>]*>[\d.]+</g) };
  });
  assertEquals(low!.ticks, high!.ticks);
  assertEquals(low!.point[0], high!.point[0]);
  assert(low!.point[1] > high!.point[1]);
});

for (const width of [560, 300]) {
  Deno.test(`the labels of many faults lie one under the other and within ${width} pixels`, () => {
    const lanes = Array.from({ length: 12 }, (_, i) => ({
      label: `lost acknowledgement ${i}`,
      kind: "fault",
      spans: [[9 + i / 20, 9.9]],
    } as const));
    const svg = linePlot({ ...axes, xRange: [0, 10], lines: [], lanes }).draw(width);
    const places = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>lost acknowledgement \d+</g)]
      .map(([, x, y]) => [Number(x), Number(y)] as const);
    assertEquals(places.length, 12);
    places.forEach(([x, y], i) => {
      assert(x >= 0 && x + 130 <= width, `${x} of ${width}`);
      assert(i === 0 || y - places[i - 1]![1] >= 14, `${y} lies on the label before`);
    });
  });
}

Deno.test("a legend has as many rows as it needs, and none for a single line", () => {
  const line = (name: string) => ({ name, points: [] });
  const heightOf = (names: string[], width: number) =>
    Number(/height="(\d+)"/.exec(linePlot({ ...axes, lines: names.map(line) }).draw(width))![1]);
  const names = ["end to end p50", "end to end p99", "append p99"];
  assert(heightOf(names, 300) > heightOf(names, 560));
  assertEquals(linePlot({ ...axes, lines: [line("alone")] }).draw(560).includes("alone"), false);
});

Deno.test("a bar plot shows each value with its range", () => {
  const bars = [{ label: "a", value: 10, range: [8, 12] }, { label: "b", value: 0 }] as const;
  const svg = barPlot("rates", "a second", bars).draw(300);
  assertEquals([svg.match(/<rect /g)!.length, svg.match(/<path /g)!.length, /NaN/.test(svg)], [3, 1, false]);
});

function pointsOf(svg: string): (readonly [x: number, y: number])[] {
  const [, text] = /<polyline[^>]* points="([^"]+)"/.exec(svg)!;
  return text!.split(" ").map((pair) => pair.split(",").map(Number) as [number, number]);
}
