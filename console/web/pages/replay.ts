/** `/replay`: a stretch of history, or a case, played through the picture of the flow. @module */
import { maskCaseId } from "../../../schema/bsn.ts";
import { toPrintable } from "../../cli/redaction.ts";
import { isAllowed } from "../access.ts";
import { assets } from "../assets.ts";
import { type Frame, framesOf } from "../data/replay/frames.ts";
import { firstDifference, type ThenAndNow } from "../data/replay/rules_now.ts";
import {
  type AskedSlice,
  askedSlice,
  isReadable,
  MOST_EVENTS,
  readSlice,
  type Slice,
} from "../data/replay/slice.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import type { Page, Visit } from "../page.ts";
import { Problem } from "../problem.ts";
import type { Writer } from "../texts/catalogue.ts";
import { factText } from "../views/facts.ts";
import { badge } from "../views/icon.ts";
import { emptyState, pageHead } from "../views/parts.ts";
import { happenings, stateAt, thenAndNow } from "../views/replay/happenings.ts";
import { momentFlow } from "../views/replay/moment_flow.ts";
import { player, type Playing } from "../views/replay/player.ts";
import { sliceForm } from "../views/replay/slice_form.ts";

/** A stretch as it was asked for, read and put in words. */
interface Film {
  readonly asked: AskedSlice;
  readonly slice: Slice;
  readonly frames: readonly Frame[];
  readonly difference: ThenAndNow | undefined;
}

export const page: Page = {
  path: "/replay",
  act: "replay.see",
  async show(visit) {
    const { url, write } = visit;
    const asked = askedSlice(url.searchParams);
    if (!isReadable(asked)) throw new Problem(422, "problem.invalid", "replay.invalid");
    const film = await readFilm(asked, visit);
    const playing = playingOf(film, url.searchParams);
    return {
      title: write("replay.title"),
      current: "replay",
      scripts: film.frames.length > 0 ? [assets.replay.path] : [],
      styles: [assets.history.path],
      json: filmJson(film, playing, write),
      body: playing === undefined ? noEvents(asked, write) : filmBody(film, playing, visit),
    };
  },
};

async function readFilm(asked: AskedSlice, { sources, write }: Visit): Promise<Film> {
  const backend = await sources.backend();
  const slice = await readSlice(backend, asked);
  const isSingle = asked.caseId !== "";
  if (isSingle && slice.events.length === 0) {
    const what = toPrintable(maskCaseId(asked.caseId), 40);
    throw new Problem(404, "problem.no_case", "problem.no_case.detail", { what });
  }
  const frames = framesOf(slice, isSingle, write, factText);
  return { asked, slice, frames, difference: await firstDifference(backend, slice.events) };
}

/** Where the stretch is looked at: at a position, at a step, or at its first event. */
function playingOf(
  { asked, frames, slice, difference }: Film,
  query: URLSearchParams,
): Playing | undefined {
  if (frames.length === 0) return undefined;
  const stepOf = (position: number) => {
    const found = frames.findIndex((frame) => frame.position === position);
    return found === -1 ? undefined : found;
  };
  const byStep = Number(query.get("step") ?? NaN) - 1;
  const dead = slice.dead.map(({ event }) => event.position);
  return {
    frames,
    step: stepOf(Number(query.get("at"))) ?? (frames[byStep] === undefined ? 0 : byStep),
    firstDead: dead.length === 0 ? undefined : stepOf(Math.min(...dead)),
    firstDifference: difference && stepOf(difference.position),
    query: sliceQuery(asked, frames[0]!.position),
  };
}

/** The stretch as an address that stays the same one when more is stored. */
function sliceQuery({ caseId, from, to, fromPosition }: AskedSlice, first: number): URLSearchParams {
  const query = new URLSearchParams();
  if (caseId !== "") query.set("case", caseId);
  if (from !== "") query.set("from", from);
  if (to !== "") query.set("to", to);
  const isLatest = caseId === "" && from === "" && to === "";
  if (fromPosition !== undefined || isLatest) query.set("position", String(fromPosition ?? first));
  return query;
}

/** For a program, and for the script of the page. */
function filmJson(
  { frames, slice, difference }: Film,
  playing: Playing | undefined,
  write: Writer,
): object {
  const fieldNames = new Set(frames.flatMap(({ facts = [] }) => facts.map(([name]) => name)));
  return {
    frames: frames.map(({ caseId, eventId, ...frame }) => ({
      ...frame,
      ...{ case_id: caseId, event_id: eventId },
    })),
    step: (playing?.step ?? -1) + 1,
    next: slice.next ?? null,
    first_dead: playing?.firstDead === undefined ? null : playing.firstDead + 1,
    first_difference: difference ?? null,
    fields: Object.fromEntries([...fieldNames].map((name) => [name, write(`field.${name}`)])),
  };
}

function filmBody(film: Film, playing: Playing, visit: Visit): Markup {
  const { write, principal } = visit;
  const { frames, step } = playing;
  const frame = frames[step]!;
  const isSingle = film.asked.caseId !== "";
  const mayTry = isAllowed(principal, "what_if.try");
  const [before, after] = write("replay.lead", { when: "\0" }).split("\0");
  const lead = markup`${before}<span data-live="when">${frame.texts.when}</span>${after}`;
  return markup`${head(lead, write)}${player(playing, write)}${momentFlow(frame, write)}
<div class="split"><div>${stateAt(frame, write)}${happenings(frames, step, write)}</div>${
    thenAndNow(film.difference, { isSingle, mayTry }, write)
  }</div>${goesOn(film, write)}${sliceForm(film.asked, write)}`;
}

function head(lead: Content, write: Writer): Markup {
  return pageHead(
    write("replay.title"),
    lead,
    markup`${badge("warn", "clock", write("replay.past"))} <a class="b" href="/">${
      write("replay.to_now")
    }</a>`,
  );
}

function goesOn({ slice: { next }, asked }: Film, write: Writer): Content {
  if (next === undefined) return "";
  const query = sliceQuery({ ...asked, fromPosition: next }, next);
  return markup`<p>${write("replay.cut", { n: MOST_EVENTS })}${
    asked.caseId === "" && markup` <a href="?${query.toString()}">${write("replay.cut.act")}</a>`
  }</p>`;
}

function noEvents(asked: AskedSlice, write: Writer): Markup {
  return markup`${head(write("replay.lead.none"), write)}${
    emptyState("waves", write("replay.empty"), write("replay.empty.detail"))
  }${sliceForm(asked, write)}`;
}
