import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { indexPage, readEntry, reportPage } from "../../../../simulators/reports/html_page.ts";
import { aReport, AT } from "./a_report.ts";

Deno.test("a page says the verdict first, and needs neither a script nor another file", () => {
  const html = reportPage(aReport, AT);
  const body = html.slice(html.indexOf("<body>"));
  assertMatch(
    body,
    /^<body>\s*<header>\s*<h1>Load &lt;1&gt;<\/h1>\s*<p class="verdict"><strong class="badge failed">failed/,
  );
  assert(!/<script|src=|@import|url\(|https?:\/\/(?!www\.w3\.org)/.test(html));
});

Deno.test("a page escapes what it is given", () => {
  const html = reportPage(aReport, AT);
  assertStringIncludes(html, "a &amp; b");
  assert(!html.includes("<b>"), "markup of a cell is text");
});

Deno.test("every plot is drawn for wide and for narrow screens, and every cell names its column", () => {
  const html = reportPage(aReport, AT);
  assertMatch(html, /<div class="wide"><svg [^>]*width="560"/);
  assertMatch(html, /<div class="narrow"><svg [^>]*width="300"/);
  assertMatch(html, /<td class="figure" data-label="y"><span>2<\/span><\/td>/);
});

Deno.test("checks and failures are lists, and what is broken says so in words", () => {
  assertMatch(reportPage(aReport, AT), /<ul class="failures">\s*<li>It fell behind<\/li>\s*<\/ul>/);
  assertMatch(reportPage(aReport, AT), /<li class="broken">broken: I2<\/li>/);
});

Deno.test("the index lists the reports of a directory, newest first, with their verdicts", () => {
  const entry = readEntry("load.html", reportPage(aReport, AT))!;
  assertEquals(entry, {
    file: "load.html",
    title: "Load <1>",
    state: "failed",
    verdict: `Not "held" & so on`,
    at: AT,
  });
  const newer = { ...entry, file: "chaos.html", at: "2027-01-02T00:00:00.000Z" };
  const html = indexPage([entry, newer]);
  assertMatch(html, /href="chaos\.html"[^]*href="load\.html"/);
  assertEquals(readEntry("index.html", html), undefined);
});
