import { assert, assertEquals } from "@std/assert";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { override } from "../../../backends/primitives/override.ts";
import { placeBefore, placeText, readFeed, readPlace } from "../../../backends/log_feed.ts";
import { casesIn, someEvents } from "../../support/events.ts";

Deno.test("a place is read back from its text, and what is none of this store is not", () => {
  const place = [0, 35, 1_234_567_890_123];
  assertEquals(readPlace(placeText(place), 3), place);
  for (const text of ["", "0.0", "0.0.0.0", "0.0.-1", "0.0.zzzzzzzzzzzz", "0.0.A"]) {
    assertEquals(readPlace(text, 3), undefined);
  }
});

Deno.test("page by page every event comes once, in the order of its partition, with and without read models", async () => {
  const backend = createMemoryBackend({ partitions: 2 });
  const [[a], [b]] = [casesIn(0, 2, 1), casesIn(1, 2, 1)] as [[string], [string]];
  await backend.append([...someEvents(a, 7), ...someEvents(b, 2)]);
  for (const store of [backend, override(backend, { models: undefined as never })]) {
    const seen: number[] = [];
    for (let place = placeBefore(1, 2);;) {
      const { events, next } = await readFeed(store, place, 3);
      assert(events.length <= 3);
      if (events.length === 0) break;
      seen.push(...events.map(({ position }) => position));
      place = next;
    }
    assertEquals(seen.toSorted((x, y) => x - y), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const ofA = seen.filter((position) => position <= 7);
    assertEquals(ofA, ofA.toSorted((x, y) => x - y));
  }
  await backend.close();
});
