/** Text of others on a terminal: nothing that could repaint it, hide in it or forge a line leaves a command. */
import { assert, assertEquals } from "@std/assert";
import type { Output } from "../../../../console/cli/command.ts";
import { renderCase } from "../../../../console/cli/case_timeline.ts";
import { listResult, printableOutput, printResult } from "../../../../console/cli/output.ts";
import {
  toJsonText,
  toPrintable,
  toPrintableLines,
  toPrintableParts,
} from "../../../../console/cli/redaction.ts";
import { formatEntry, outageEntry } from "../../../../console/telemetry/log_entry.ts";
import { anEvent } from "../../../support/events.ts";

/** An escape, C1, directions, separators, invisible ones, a line break: in this order. */
const HOSTILE = "a\x1b[2J\u009b2J\u202eabc\u2066\u2028\u2029\u200b\ufeff\x7f\r\nforged";
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

function recorded() {
  const lines: string[] = [];
  const output: Output = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    terminal: false,
  };
  return { lines, output: printableOutput(output) };
}

Deno.test("characters that can't be printed are shown by a symbol or their code point", () => {
  assertEquals(
    toPrintable(HOSTILE),
    "a␛[2J<U+009B>2J<U+202E>abc<U+2066><U+2028><U+2029><U+200B><U+FEFF>␡␍␊forged",
  );
  assertEquals(toPrintable("€ 12 é 你 😀"), "€ 12 é 你 😀");
});

Deno.test("a text of several lines keeps its line breaks and the colours it may have, and no other sequence", () => {
  assertEquals(toPrintableLines("\x1b[31mred\x1b[39m\n\x1b[2J\t."), "\x1b[31mred\x1b[39m\n␛[2J\t.");
});

Deno.test("JSON escapes what can't be printed, and is read back as it was", () => {
  for (const indent of [undefined, 2]) {
    const text = toJsonText({ [HOSTILE]: [HOSTILE, "\ud800", "\u{e0001}"] }, indent);
    assert(!UNPRINTABLE.test(text.replaceAll("\n", "")) && text.includes("\\u009b"));
    assertEquals(JSON.parse(text), { [HOSTILE]: [HOSTILE, "\ud800", "\u{e0001}"] });
  }
});

Deno.test("every format of a result is printable", () => {
  for (const format of ["table", "json", "ndjson", "csv"] as const) {
    const { lines, output } = recorded();
    const result = listResult("cases", [{ case_id: HOSTILE, more: { [HOSTILE]: [HOSTILE] } }], {
      columns: ["case_id", `more.${HOSTILE}`],
      empty: "",
    });
    printResult(output, { output: format, json: false }, result);
    assert(!UNPRINTABLE.test(lines.join("\n").replaceAll(/\r?\n|\r$/g, "")), format);
    if (format === "csv") assert(lines.every((line) => line.endsWith("\r")));
  }
});

Deno.test("the history of a case has no line but its own, whatever its events and acts say", () => {
  const event = { ...anEvent(HOSTILE, 1), data: { case_id: HOSTILE, [HOSTILE]: [HOSTILE], reason: HOSTILE } };
  const metadata = { ...event.metadata, source: HOSTILE, marks: [HOSTILE] };
  const stored = { position: 1, version: 1, recordedAt: 0, event: { ...event, metadata } };
  const act = { at: "2026-01-01T00:00:00Z", act: "redrive", by: HOSTILE, why: HOSTILE, processor: HOSTILE };
  const text = renderCase(HOSTILE, [stored] as never, [act]);
  assert(!UNPRINTABLE.test(text.replaceAll("\n", "")));
  assert(text.split("\n").every((line) => !line.startsWith("forged")));
});

Deno.test("the parts of a value are printable, its amounts and numbers as they were", () => {
  const amount = JSON.rawJSON("12.50");
  assertEquals(toPrintableParts({ "\x1b": ["\x9b", 1, null, amount] }), {
    "␛": ["<U+009B>", 1, null, amount],
  });
});

Deno.test("lines of the log are printable in words and as JSON", () => {
  for (const json of [false, true]) {
    assert(!UNPRINTABLE.test(formatEntry(outageEntry(HOSTILE), 0, json)));
  }
});
