import { assert, assertEquals } from "@std/assert";
import { putInEffect, readyCandidate } from "../../../../../../actors/application.ts";
import { differencesIn, firstDifference } from "../../../../../../console/web/data/replay/rules_now.ts";
import { parseStoredLine, type StoredEvent } from "../../../../../../schema/delivery_line.ts";
import { recordedLines } from "../../../../../support/what_if/recorded_history.ts";

const events = recordedLines({ seed: "then", count: 40, lived: true }).map(parseStoredLine);
const cases = Map.groupBy(events, ({ event }) => event.correlation_id);
const store = {
  async *readCase(caseId: string): AsyncIterable<StoredEvent> {
    yield* cases.get(caseId) ?? [];
  },
};

Deno.test("the rules that decided a history answer it as they did", async () => {
  assertEquals([...cases.values()].flatMap(differencesIn), []);
  assertEquals(await firstDifference(store, events), undefined);
});

Deno.test("under other rules the first event of the stretch that differs is found, with both answers", async () => {
  putInEffect(readyCandidate({ policy: { capacityShare: 0.3 } }));
  try {
    const all = [...cases.values()].flatMap(differencesIn).map(({ position }) => position);
    assert(all.length > 0);
    const first = await firstDifference(store, events);
    assertEquals(first?.position, Math.min(...all));
    const later = events.filter(({ position }) => position > first!.position);
    assert((await firstDifference(store, later))?.position !== first!.position);
  } finally {
    putInEffect();
  }
});

Deno.test("what can't be read is left out, and the rest of its case is not", () => {
  const [whole] = [...cases.values()];
  const broken = whole!.map((stored, i) =>
    i === 1 ? { ...stored, malformed: { reason: "x", raw: "" } } : stored
  );
  assert(Array.isArray(differencesIn(broken)));
});
