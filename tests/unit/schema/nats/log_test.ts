import { assertEquals, assertNotEquals } from "@std/assert";
import { logName, logStream, LogSubjects } from "../../../../schema/nats/log.ts";

const shape = {
  stream: "CASES",
  prefix: "cases",
  partitions: 4,
  replicas: 1,
  leaseMs: 5_000,
  maxPayload: 1e6,
  ingestBytes: 1,
};

Deno.test("nothing of the log can be removed or replaced, and its subjects are those of records alone", () => {
  const { name, subjects, deny_delete, deny_purge, allow_rollup_hdrs, max_age } = logStream(shape);
  assertEquals({ name, subjects }, { name: logName("CASES"), subjects: ["cases-log.*"] });
  assertEquals({ deny_delete, deny_purge, allow_rollup_hdrs, max_age }, {
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
    max_age: 0,
  });
});

Deno.test("a sender's name is one token of a subject, whatever it holds", () => {
  const subjects = new LogSubjects("cases");
  assertEquals(subjects.append(3, "app-1"), "cases-append.3.app-1");
  assertEquals(subjects.append(3, "a.b *").split(".").length, 3);
  assertNotEquals(subjects.append(3, "a.b"), subjects.append(3, "a_b"));
  assertEquals([subjects.append(3), subjects.appendsBy(3), subjects.commits(3)], [
    "cases-append.3",
    "cases-append.3.*",
    "cases-commit.3",
  ]);
  assertEquals([subjects.records(3), subjects.written(3)], [
    "cases-log.3",
    "cases-bell.3",
  ]);
});
