import { assertEquals } from "@std/assert";
import { createMemoryBackend } from "../../../../../../backends/memory/memory_backend.ts";
import {
  askedSlice,
  isReadable,
  MOST_EVENTS,
  readSlice,
} from "../../../../../../console/web/data/replay/slice.ts";
import { anEvent } from "../../../../../support/events.ts";

const asked = (query: string) => askedSlice(new URLSearchParams(query));

Deno.test("a stretch is of a case, of a time, from a position on, or the latest, and no longer than a page takes", async () => {
  const backend = createMemoryBackend({ partitions: 2 });
  const many = Array.from({ length: MOST_EVENTS + 100 }, (_, i) => anEvent(`zaak-${i}`, 1));
  await backend.append(many);
  const read = async (query: string) => {
    const { events, next } = await readSlice(backend, asked(query));
    return [events[0]?.position, events.length, next];
  };
  assertEquals(await read("case=zaak-3"), [4, 1, undefined]);
  assertEquals(await read(""), [401, 200, undefined]);
  assertEquals(await read("position=51"), [51, 500, 551]);
  assertEquals(await read("from=2026-01-01T00:00"), [1, 500, 501]);
  assertEquals(await read("to=2020-01-01T00:00"), [undefined, 0, undefined]);
  await backend.close();
});

Deno.test("times that can't be read, or run backwards, are refused", () => {
  assertEquals([
    isReadable(asked("")),
    isReadable(asked("from=2026-01-01T00:00&to=2026-01-02T00:00")),
    isReadable(asked("from=2026-01-02T00:00&to=2026-01-01T00:00")),
    isReadable(asked("from=then")),
  ], [true, true, false, false]);
});
