import { assertEquals } from "@std/assert";
import { markup } from "../../../../console/web/markup.ts";

Deno.test("what stands in a template is escaped, in text and in attributes, unless it is markup itself", () => {
  const foreign = `<script>alert("x")</script>'&`;
  const escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;";
  assertEquals(markup`<p title="${foreign}">${foreign}</p>`.text, `<p title="${escaped}">${escaped}</p>`);
  assertEquals(markup`<ul>${[markup`<li>1</li>`, "<"]}</ul>`.text, "<ul><li>1</li>&lt;</ul>");
});

Deno.test("what is not there leaves nothing, and zero is there", () => {
  assertEquals(markup`${undefined}${null}${false}${""}${0}`.text, "0");
});
