/// <reference lib="deno.worker" />
/** Turns delivery lines into lines of text in a thread without permissions, beside the one that reads the store. @module */
import { decodeLines } from "../../../schema/delivery_line.ts";
import { type EventFormat, shownLines } from "./event_lines.ts";

const encoder = new TextEncoder();

self.onmessage = ({ data: { lines, format } }: MessageEvent<{ lines: Uint8Array; format: EventFormat }>) => {
  const text = encoder.encode(shownLines(decodeLines(lines), format));
  self.postMessage(text, [text.buffer]);
};
