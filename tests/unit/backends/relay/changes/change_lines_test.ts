/** Lines of changes as messages. @module */
import { assertEquals } from "@std/assert";
import { changesIn } from "../../../../../backends/relay/changes/change_lines.ts";

Deno.test("a change is of the topic of its table, and a tombstone of that of its deletion", () => {
  const source = { schema: "public", table: "my people" };
  const lines = [{ key: { id: 1 }, value: { op: "d", source } }, { key: { id: 1 }, value: null }];
  const found = changesIn(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  assertEquals(found.map(({ topic, key, value }) => [topic, key, value === ""]), [
    ["public.my_people", '{"id":1}', false],
    ["public.my_people", '{"id":1}', true],
  ]);
});

Deno.test("an event of an outbox has the topic and the headers that it was routed by", () => {
  const event = {
    topic: "outbox.event.Order line",
    key: "7",
    headers: { id: "a", type: "Placed" },
    value: { n: 1 },
  };
  assertEquals(changesIn(`${JSON.stringify(event)}\n`), [{
    topic: "outbox.event.Order_line",
    key: '"7"',
    value: '{"n":1}',
    header: [["id", "a"], ["type", "Placed"]],
  }]);
});
