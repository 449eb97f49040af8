/**
 * Versions of a workflow side by side: a case keeps the version that it began with, or moves to a later one by a pure
 * function. Which version a case has follows from the moments of its events: a replay gives the same.
 * @module
 */
import type { CaseEvent, EventType } from "../../schema/events.ts";
import { momentOf } from "../../schema/time/moment.ts";
import { InvalidWorkflow } from "./check.ts";
import { timerChanges, type Workflow } from "./compile.ts";
import { BEGIN } from "./node.ts";
import type { Place } from "./place.ts";

// deno-lint-ignore no-explicit-any
type AnyPlace = Place<any>;

/** A later version of a workflow. */
export interface LaterVersion {
  readonly workflow: Workflow<AnyPlace>;
  /** ISO. Cases that begin from this moment on have it. */
  readonly since: string;
  /** Where a case of the version before stands in this one, asked at its first event from then on. Without it, it keeps its own. */
  readonly migrate?: (place: AnyPlace) => AnyPlace;
}

/** A case with its version. */
export interface VersionedPlace {
  /** Counted from 0. */
  readonly index: number;
  /** Where it stands in that version and, until it begins, in each later one. */
  readonly places: readonly AnyPlace[];
}

/** One processor of all versions, under their one name. Its chart is the latest's. Throws InvalidWorkflow where they don't fit. */
export function versions(
  first: Workflow<AnyPlace>,
  ...later: readonly LaterVersion[]
): Workflow<VersionedPlace> {
  const workflows = [first, ...later.map(({ workflow }) => workflow)];
  requireFitting(workflows, later);
  const latest = workflows.at(-1)!;
  const initial = { index: 0, places: workflows.map((each) => each.initial()) };
  const standing = (state: VersionedPlace, event: CaseEvent) => upToDate(state, event, later);
  const after = ({ index, places }: VersionedPlace, event: CaseEvent): VersionedPlace => {
    const moved = places.map((place, i) => workflows[index + i]!.evolve(place, event));
    return moved[0]!.at === BEGIN ? { index, places: moved } : { index, places: moved.slice(0, 1) };
  };
  return {
    ...{ name: latest.name, version: latest.version, chart: latest.chart },
    ...(latest.begins && { begins: latest.begins }),
    ...typesOf(workflows),
    initial: () => initial,
    at: ({ places }) => places[0]!.at,
    evolve: (state, event) => after(standing(state, event), event),
    handle(event, state, context) {
      const now = standing(state, event);
      const { events } = workflows[now.index]!.handle(event, now.places[0]!, context);
      const next = after(now, event).places[0]!;
      // From where the case stood before it moved to another version: that may have another term.
      return { events, timers: timerChanges(latest.name, event.data.case_id, state.places[0]!, next) };
    },
  };
}

/** The case in the version that it has at an event. */
function upToDate(state: VersionedPlace, event: CaseEvent, later: readonly LaterVersion[]): VersionedPlace {
  const moment = Date.parse(momentOf(event));
  let { index, places } = state;
  for (let next = later[index]; next !== undefined && Date.parse(next.since) <= moment; next = later[index]) {
    const hasBegun = places[0]!.at !== BEGIN;
    if (hasBegun && next.migrate === undefined) break;
    places = hasBegun ? [next.migrate!(places[0]!)] : places.slice(1);
    index++;
  }
  return index === state.index ? state : { index, places };
}

function typesOf(workflows: readonly Workflow<AnyPlace>[]) {
  const all = (
    of: "takes" | "folds" | "emits" | "sends",
  ) => [...new Set(workflows.flatMap((each) => each[of] ?? []))];
  const takes: readonly EventType[] = all("takes");
  const [emits, sends] = [all("emits"), all("sends")];
  const folds = all("folds").filter((type) => !takes.includes(type));
  return { takes, folds, emits, ...sends.length > 0 && { sends } };
}

function requireFitting(workflows: readonly Workflow<AnyPlace>[], later: readonly LaterVersion[]): void {
  const [first, ...others] = workflows as [Workflow<AnyPlace>, ...Workflow<AnyPlace>[]];
  const names = others.filter(({ name }) => name !== first.name)
    .map(({ name }) => `A version has the name ${name}: all of them have one`);
  const numbers = others.filter(({ version }, i) => version <= workflows[i]!.version)
    .map(({ version }) => `Version ${version} is not higher than the one before`);
  const times = later.filter(({ since }, i) =>
    !(Date.parse(since) > Date.parse(later[i - 1]?.since ?? "1970-01-01"))
  )
    .map(({ since }) => `A version begins at ${since}, which is no moment behind that of the version before`);
  const problems = [...names, ...numbers, ...times];
  if (problems.length > 0) throw new InvalidWorkflow(first.name, problems);
}
