/** What plays a stretch: its buttons, its slider, its timeline. Each step is an address of its own, for who has no script. @module */
import type { Frame } from "../../data/replay/frames.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import type { TextKey, Writer } from "../../texts/catalogue.ts";
import { liveText } from "../flow.ts";

/** Speeds as how many seconds of then go into one of now; `each`: the events at an even pace. */
const speeds = ["each", "1", "60", "3600", "86400"] as const;
const BARS = 120;
/** Ends of a stretch that is shorter than this are told apart by their seconds. */
const SHORT_MS = 3_600_000;

/** A stretch, and where it is looked at. */
export interface Playing {
  readonly frames: readonly Frame[];
  readonly step: number;
  readonly firstDead: number | undefined;
  readonly firstDifference: number | undefined;
  /** The query of the stretch, without the step. */
  readonly query: URLSearchParams;
}

/** The address of a step. */
function stepAddress({ frames, query }: Playing, step: number): string {
  const to = new URLSearchParams(query);
  to.set("at", String(frames[step]!.position));
  return `?${to.toString()}`;
}

export function player(playing: Playing, write: Writer): Markup {
  const { frames, step } = playing;
  const frame = frames[step]!;
  const last = frames.length - 1;
  return markup`<section class="tint player" aria-label="${
    write("replay.player")
  }"><div class="row"><p class="keys">${stepLink(playing, step > 0 ? 0 : undefined, "first", write)} ${
    stepLink(playing, step > 0 ? step - 1 : undefined, "back", write)
  } ${playButton(write)} ${stepLink(playing, step < last ? step + 1 : undefined, "forth", write)} ${
    stepLink(playing, step < last ? last : undefined, "last", write)
  }</p>
<p class="now"><b class="rate">${liveText("time", frame)}</b> <small>${
    liveText("position", frame)
  }</small></p></div>
${sliderForm(playing, write)}${timeline(playing, write)}${jumps(playing, write)}
<p class="said" role="status" data-said>${frame.texts.status}</p></section>`;
}

const keys = { first: "", back: ",", forth: ".", last: "" } as const;

function stepLink(
  playing: Playing,
  step: number | undefined,
  to: keyof typeof keys,
  write: Writer,
): Markup {
  const label = markup`${write(`replay.${to}`)}${keys[to] !== "" && markup` <kbd>${keys[to]}</kbd>`}`;
  // A script changes where it leads, so that it stays a link; without an address it is none.
  const href = step === undefined
    ? markup` aria-disabled="true"`
    : markup` href="${stepAddress(playing, step)}"`;
  const mark = to === "back" ? markup` data-previous` : to === "forth" ? markup` data-next` : "";
  return markup`<a class="b" data-step="${to}"${mark}${href}>${label}</a>`;
}

/** Without a script nothing plays by itself: the button stays hidden. */
function playButton(write: Writer): Markup {
  return markup`<button type="button" class="b primary" data-play="${write("replay.play")}" data-pause="${
    write("replay.pause")
  }" hidden><span>${write("replay.play")}</span> <kbd>${write("replay.key.space")}</kbd></button>`;
}

function sliderForm({ frames, step, query }: Playing, write: Writer): Markup {
  const hidden = [...query].map(([name, value]) =>
    markup`<input type="hidden" name="${name}" value="${value}">`
  );
  return markup`<form class="slide" data-film="${query.toString()}">${hidden}<div class="field"><label for="replay-step">${
    write("replay.step")
  }</label><input id="replay-step" name="step" type="range" min="1" max="${frames.length}" value="${
    step + 1
  }" aria-valuetext="${frames[step]!.texts.step}" autocomplete="off"></div>
<button class="b" data-go>${write("replay.go")}</button>
<div class="field speed" data-speed hidden><label for="replay-speed">${
    write("replay.speed")
  }</label><select id="replay-speed" aria-describedby="replay-speed-help">${
    speeds.map((each) => markup`<option value="${each}">${write(`replay.speed.${each}` as TextKey)}</option>`)
  }</select><small id="replay-speed-help">${write("replay.speed.help")}</small></div></form>`;
}

/** Events over time, with where it is and what stands out. The bar of a step is how far its time is. */
function timeline(playing: Playing, write: Writer): Markup {
  const { frames, step, firstDead, firstDifference } = playing;
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const counts = Array<number>(BARS).fill(0);
  for (const frame of frames) counts[barOf(frame, first, last)]!++;
  const most = Math.max(...counts);
  const here = barOf(frames[step]!, first, last);
  const textOf = last.at - first.at < SHORT_MS ? write.time : write.moment;
  const [from, to] = [textOf(first.at), textOf(last.at)];
  const markAt = (at: number | undefined, tone: string) =>
    at !== undefined &&
    markup`<path class="${tone}" d="M${barOf(frames[at]!, first, last) * 10 + 5} 0V40"/>`;
  return markup`<svg class="times" viewBox="0 0 ${
    BARS * 10
  } 40" preserveAspectRatio="none" role="img" aria-label="${write("replay.bars", { from, to, most })}">${
    counts.map((count, i) =>
      count > 0 &&
      markup`<rect data-bar="${i}"${i <= here && markup` class="done"`} x="${i * 10 + 1}" width="8" y="${
        (40 - heightOf(count, most)).toFixed(1)
      }" height="${heightOf(count, most).toFixed(1)}"/>`
    )
  }${markAt(firstDead, "bad")}${markAt(firstDifference, "warn")}</svg>
<p class="ends"><small>${from}</small><small>${to}</small></p>`;
}

const heightOf = (count: number, most: number) => 3 + 37 * count / most;

/** Which of the bars an event is in; where all came at once, all are in the first. */
function barOf({ at }: Frame, first: Frame, last: Frame): number {
  const span = last.at - first.at;
  return span <= 0 ? 0 : Math.min(BARS - 1, Math.floor((at - first.at) / span * BARS));
}

function jumps(playing: Playing, write: Writer): Markup {
  const { firstDead, firstDifference } = playing;
  return markup`<p class="jumps">${write("replay.jump")} ${jump(playing, firstDead, "dead", write)} ${
    jump(playing, firstDifference, "difference", write)
  }</p>`;
}

const jumpKeys = { dead: "D", difference: "V" } as const;

function jump(
  playing: Playing,
  step: number | undefined,
  to: keyof typeof jumpKeys,
  write: Writer,
): Content {
  if (step === undefined) return markup`<small>${write(`replay.jump.${to}.none`)}</small>`;
  const time = write.time(playing.frames[step]!.at);
  return markup`<a class="b" data-jump="${to}" data-to="${step}" href="${stepAddress(playing, step)}">${
    write(`replay.jump.${to}`, { time })
  } <kbd>${jumpKeys[to]}</kbd></a>`;
}
