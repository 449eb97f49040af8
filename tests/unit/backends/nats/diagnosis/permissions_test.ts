import { assertEquals } from "@std/assert";
import { refusedSubjects } from "../../../../../backends/nats/diagnosis/permissions.ts";

const publishing = (subject: string, allow?: string[], deny?: string[]) =>
  refusedSubjects({ publish: [subject], subscribe: [] }, {
    publish: { ...(allow && { allow }), ...(deny && { deny }) },
  });

Deno.test("a user without rules may use every subject", () => {
  assertEquals(refusedSubjects({ publish: ["cases.>"], subscribe: ["_INBOX.>"] }, {}), []);
});

Deno.test("a pattern allows what it covers, and no more", () => {
  assertEquals(publishing("cases.>", ["cases.>"]), []);
  assertEquals(publishing("cases.>", [">"]), []);
  assertEquals(publishing("cases-notify", ["cases-*", "cases-notify"]), []);
  assertEquals(publishing("cases.>", ["cases.*"]), ["publish to cases.>"]);
  assertEquals(publishing("cases.>", ["orders.>"]), ["publish to cases.>"]);
  assertEquals(publishing("cases", ["cases.>"]), ["publish to cases"]);
});

Deno.test("a denied part of what is needed refuses it", () => {
  assertEquals(publishing("$JS.API.>", [">"], ["$JS.API.STREAM.DELETE.*"]), ["publish to $JS.API.>"]);
  assertEquals(publishing("cases.>", undefined, ["orders.>"]), []);
});

Deno.test("a subscription with a queue counts by its subject", () => {
  const needed = { publish: [], subscribe: ["_INBOX.>"] };
  assertEquals(refusedSubjects(needed, { subscribe: { allow: ["_INBOX.> workers"] } }), []);
});
