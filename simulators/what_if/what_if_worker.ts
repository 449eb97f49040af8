/// <reference lib="deno.worker" />
/** The worker of a comparison: without permissions, it decides the cases whose lines it is sent. @module */
import { processors } from "../../actors/application.ts";
import { decodeLines } from "../../schema/delivery_line.ts";
import { type ComparisonSettings, HistoryComparison } from "./history_comparison.ts";

/** First the settings, then lines; each is answered. */
export type ToComparisonWorker =
  | { readonly kind: "settings"; readonly settings: ComparisonSettings }
  | { readonly kind: "lines"; readonly lines: Uint8Array };

let comparison: HistoryComparison;

self.onmessage = ({ data }: MessageEvent<ToComparisonWorker>) => {
  if (data.kind === "settings") comparison = new HistoryComparison(processors, data.settings);
  else self.postMessage(comparison.compare(decodeLines(data.lines)));
};
