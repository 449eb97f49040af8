import { assertEquals } from "@std/assert";
import { plainTable, plotFiles, reportMarkdown } from "../../../../simulators/reports/markdown.ts";
import { aReport, AT } from "./a_report.ts";

Deno.test("Markdown says the verdict first, and shows the plots that have a file", () => {
  assertEquals(
    reportMarkdown(aReport, AT),
    `# Load <1>

**FAILED**: Not "held" & so on

- ${AT}
- a & b

## Figures: FAILED

- **It fell behind**

| x | y | z |
| --- | --- | --- |
| a\\|b | 2 | <b> |

![A plot](throughput.svg)

- holds: I1
- BROKEN: I2

\`deno task load\`
`,
  );
  assertEquals(Object.keys(plotFiles(aReport)), ["throughput.svg"]);
});

Deno.test("a table for a terminal has its columns side by side", () => {
  assertEquals(plainTable(["what", "n"], [["a", "100"], ["long", "1"]]), "what    n\na     100\nlong    1");
});
