import { assertEquals } from "@std/assert";
import { type Commit, commitsIn } from "../../../../../backends/postgres/backup/log_records.ts";

const PAGE = 8_192;

interface TestRecord {
  readonly manager: number;
  readonly info: number;
  readonly xid: number;
  readonly data: Uint8Array;
}

function record({ manager, info, xid, data }: TestRecord): Uint8Array {
  const isLong = data.length > 255;
  const bytes = new Uint8Array(24 + (isLong ? 5 : 2) + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, xid, true);
  bytes[16] = info;
  bytes[17] = manager;
  bytes[24] = isLong ? 254 : 255;
  if (isLong) view.setUint32(25, data.length, true);
  else bytes[25] = data.length;
  bytes.set(data, isLong ? 29 : 26);
  return bytes;
}

/** A commit with its time, and where there are parts, a database and those. */
function commit(xid: number, parts: readonly number[] = []): Uint8Array {
  const words = parts.length === 0 ? [] : [3, 5, 1663, parts.length, ...parts];
  const data = new Uint8Array(8 + words.length * 4);
  words.forEach((word, i) => new DataView(data.buffer).setUint32(8 + 4 * i, word, true));
  return record({ manager: 1, info: parts.length === 0 ? 0 : 0x80, xid, data });
}

/** Some other record. */
function insert(length: number): Uint8Array {
  return record({ manager: 10, info: 0, xid: 1, data: new Uint8Array(length) });
}

const switchRecord = record({ manager: 0, info: 0x40, xid: 0, data: new Uint8Array() });

/** Lays records out in pages of one file, as PostgreSQL does. */
function file(records: readonly Uint8Array[], pages: number): Uint8Array {
  const bytes = new Uint8Array(pages * PAGE);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const begin = (rest: number) => {
    view.setUint16(at, 0xd118, true);
    view.setUint16(at + 2, (at === 0 ? 2 : 0) | (rest > 0 ? 1 : 0), true);
    view.setUint32(at + 16, rest, true);
    at += at === 0 ? 40 : 24;
  };
  begin(0);
  for (const each of records) {
    for (let done = 0; done < each.length;) {
      if (at % PAGE === 0) begin(each.length - done === each.length ? 0 : each.length - done);
      const part = each.subarray(done, done + PAGE - at % PAGE);
      bytes.set(part, at);
      done += part.length;
      at += part.length;
    }
    at = Math.ceil(at / 8) * 8;
  }
  return bytes;
}

async function commits(...files: Uint8Array[]): Promise<Commit[]> {
  return await Array.fromAsync(commitsIn(
    async function* () {
      yield* files;
    }(),
    40,
  ));
}

Deno.test("commits are found among other records, with the numbers of their parts", async () => {
  const found = await commits(file([insert(100), commit(7), insert(3), commit(9, [10, 11])], 1));
  assertEquals(found, [{ xid: 7, parts: [] }, { xid: 9, parts: [10, 11] }]);
});

Deno.test("records run on over pages, wherever the end of a page cuts them", async () => {
  for (let filler = 8_000; filler < 8_160; filler += 8) {
    const parts = Array.from({ length: 3_000 }, (_, i) => i + 100);
    const found = await commits(file([insert(filler), commit(9, parts), commit(10)], 4));
    assertEquals(found, [{ xid: 9, parts }, { xid: 10, parts: [] }]);
  }
});

Deno.test("behind a switch the log goes on in the next file, and it ends where nothing is written", async () => {
  const [one, two] = [file([commit(7), switchRecord], 3), file([commit(8)], 3)];
  assertEquals((await commits(one, two, new Uint8Array(PAGE))).map(({ xid }) => xid), [7, 8]);
});

Deno.test("a file that ends early, as one that was being written, ends the log", async () => {
  const whole = file([commit(7), insert(9_000), commit(8)], 2);
  for (const length of [PAGE + 5, PAGE + 100, PAGE + 900]) {
    assertEquals((await commits(whole.subarray(0, length))).map(({ xid }) => xid), [7]);
  }
});
