import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineWriter } from "../../../schema/line_writer.ts";
import { decodeLines, encodeLines } from "../../../schema/delivery_line.ts";

const lines = fc.array(fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\n")));

Deno.test("lines that are written one by one are the bytes of all of them, however many were expected", () => {
  fc.assert(fc.property(lines, fc.nat({ max: 50 }), (all, expected) => {
    const writer = new LineWriter(expected);
    for (const line of all) writer.write(line);
    assertEquals(writer.bytes(), encodeLines(all));
    assertEquals(decodeLines(writer.bytes()), all);
  }));
});
