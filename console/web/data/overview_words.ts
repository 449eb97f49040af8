/** The Overview in words and strokes: what the page is made of, and what its live stream sends. Pure. @module */
import type { TextKey, Writer } from "../texts/catalogue.ts";
import type { IconName, Tone } from "../views/icon.ts";
import { type Attention, attentionOf, type OverviewFigures, type ProcessorFigures } from "./overview.ts";

/** A line of what needs attention, with its one act. */
export interface AttentionLine {
  readonly tone: Tone;
  readonly glyph: IconName;
  readonly strong: string;
  readonly text: string;
  readonly href: string;
  readonly act: string;
}

export interface ProcessorWords {
  readonly state: { readonly tone: Tone; readonly glyph: IconName; readonly word: string };
  readonly foot: { readonly tone: Tone; readonly text: string };
  /** Thickness of the stream that leads to it. */
  readonly width: string;
  readonly spark: { readonly line: string; readonly area: string; readonly label: string };
}

export interface OverviewWords {
  readonly headline: string;
  readonly lead: string;
  /** By the name of the place that shows it. */
  readonly texts: Readonly<Record<string, string>>;
  readonly attention: readonly AttentionLine[];
  readonly processors: Readonly<Record<string, ProcessorWords>>;
  readonly closedWidth: string;
  /** What waits for a person, by the page that shows it. */
  readonly rail: { readonly stuck: number; readonly inbox: number };
}

export function overviewWords(figures: OverviewFigures, write: Writer): OverviewWords {
  const { processors, opened_per_minute: opened, closed_per_minute: closed } = figures;
  const most = Math.max(1, opened, closed, ...processors.map(({ per_minute }) => per_minute));
  const attention = attentionOf(figures);
  return {
    headline: headlineOf(figures, attention.length, write),
    lead: leadOf(figures, write),
    texts: textsOf(figures, write),
    attention: attention.map((each) => attentionLine(each, write)),
    processors: Object.fromEntries(processors.map((each) => [each.name, wordsOf(each, most, write)])),
    closedWidth: streamWidth(closed, most),
    rail: { stuck: stuckIn(figures), inbox: figures.refused },
  };
}

/** Everything that is stuck: dead letters, and what waits for its next try. */
export function stuckIn({ processors }: OverviewFigures): number {
  return processors.reduce((sum, { dead, parked }) => sum + dead + parked, 0);
}

/** One sentence on whether work flows, and one on how much needs a person. */
function headlineOf({ status, processors }: OverviewFigures, attention: number, write: Writer): string {
  const isIdle = processors.every(({ pending, per_minute }) => pending === 0 && per_minute === 0);
  const key = status === "ok" ? isIdle ? "idle" : "flows" : status;
  const needs = attention === 0 ? write("overview.calm") : write("overview.attention", { n: attention });
  return `${write(`overview.${key}` as TextKey)} ${needs}`;
}

function leadOf({ processors }: OverviewFigures, write: Writer): string {
  const known = processors.filter(({ p50_ms }) => p50_ms !== null);
  if (known.length === 0) return write("overview.lead.none");
  const worst = (name: "p50_ms" | "p99_ms") => Math.max(...known.map((each) => each[name] ?? 0));
  return write("overview.lead", {
    p50: write.duration(worst("p50_ms")),
    p99: write.duration(worst("p99_ms")),
  });
}

function textsOf(figures: OverviewFigures, write: Writer): Record<string, string> {
  const { at, opened_per_minute, closed_per_minute, refused, timers, processors, restarts } = figures;
  const rows = processors.flatMap((each) => {
    const { name, per_minute, pending, oldest_ms } = each;
    return [
      [`${name}.rate`, write.number(per_minute)],
      [`${name}.pending`, write.number(pending)],
      [`${name}.oldest`, write.duration(oldest_ms)],
      [`${name}.latency`, latencyText(each, write)],
    ];
  });
  return {
    ...Object.fromEntries(rows),
    at: write.time(at),
    opened: write.number(opened_per_minute),
    closed: write.number(closed_per_minute),
    refused: write("flow.refused", { n: refused }),
    timers: write("flow.timers", { n: timers }),
    restarts: write("nodes.restarts", { n: restarts }),
  };
}

function latencyText({ p50_ms, p99_ms }: ProcessorFigures, write: Writer): string {
  return p50_ms === null || p99_ms === null ? "–" : `${write.duration(p50_ms)} / ${write.duration(p99_ms)}`;
}

const stateLooks: Readonly<Record<string, readonly [Tone, IconName]>> = {
  lagging: ["warn", "waves"],
  stuck: ["bad", "triangle"],
  paused: ["neutral", "bars"],
};

/** How the state of a processor looks; healthy is quiet. */
export function appearanceOf(state: string): readonly [Tone, IconName] {
  return stateLooks[state] ?? ["quiet", "waves"];
}

function wordsOf(figures: ProcessorFigures, most: number, write: Writer): ProcessorWords {
  const { state, per_minute } = figures;
  const [tone, glyph] = appearanceOf(state);
  return {
    state: { tone, glyph, word: write.known(`run.${state}`, state) },
    foot: footOf(figures, write),
    width: streamWidth(per_minute, most),
    spark: sparkOf(figures, write),
  };
}

/** The line into a node: as thick as the square root of its rate, so that ten times as much is seen and does not hide the rest. */
export function streamWidth(rate: number, most: number): string {
  return (2 + 11 * Math.sqrt(rate / most)).toFixed(1);
}

/** What is stuck at a processor, dead letters first; calm words where nothing is. */
export function footOf(
  { dead, parked }: Pick<ProcessorFigures, "dead" | "parked">,
  write: Writer,
): ProcessorWords["foot"] {
  const parts = [
    dead > 0 ? write("flow.dead", { n: dead }) : "",
    parked > 0 ? write("flow.parked", { n: parked }) : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) return { tone: "quiet", text: write("flow.clear") };
  return { tone: dead > 0 ? "bad" : "warn", text: parts.join(", ") };
}

/** What was settled in each minute of the last hour, from zero. */
function sparkOf({ hour }: ProcessorFigures, write: Writer): ProcessorWords["spark"] {
  const most = Math.max(1, ...hour);
  const points = hour.map((count, i) =>
    `${(i * 100 / Math.max(1, hour.length - 1)).toFixed(1)} ${(23 - count * 21 / most).toFixed(1)}`
  ).join("L");
  const label = write("flow.spark", { low: Math.min(...hour), high: Math.max(...hour) });
  return { line: `M${points}`, area: `M0 23L${points}L100 23Z`, label };
}

function attentionLine(attention: Attention, write: Writer): AttentionLine {
  const { kind, count, where, text, by = "" } = attention;
  switch (kind) {
    case "why": {
      const act = write("attention.why.act");
      return { tone: "bad", glyph: "triangle", strong: text, text: "", href: "/node", act };
    }
    case "dead": {
      const strong = write("attention.dead", { n: count, where: write.known(`processor.${where}`, where) });
      const [detail, act] = [write("attention.dead.detail"), write("attention.dead.act")];
      return { tone: "bad", glyph: "crossed", strong, text: detail, href: "/stuck", act };
    }
    case "paused":
    case "drained": {
      const strong = write(`attention.${kind}`, { where: write.known(`processor.${where}`, where), by });
      const detail = kind === "paused" ? write("attention.paused.detail", { why: text, n: count }) : text;
      const act = write("attention.paused.act");
      return { tone: "neutral", glyph: "bars", strong, text: detail, href: "/processors", act };
    }
    case "refused": {
      const [strong, detail] = [write("attention.refused", { n: count }), write("attention.refused.detail")];
      return { tone: "warn", glyph: "lock", strong, text: detail, href: "/inbox", act: write("show") };
    }
  }
}
