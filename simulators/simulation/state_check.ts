/** Checks the state that every delivery saw: the processors of a simulation write it into their outputs (I3). @module */
import type { StoredEvent } from "../../schema/delivery_line.ts";
import { processorInputs } from "./simulated_cases.ts";

/** The states that are not what came before, case by case; intakes count up by one. */
export function wrongStates(events: readonly StoredEvent[]): string[] {
  const made = events.filter(({ event }) => event.event_type !== "case.addressed");
  const outputs = new Map(made.map(({ event }) => {
    const { causation_id, source } = event.metadata;
    return [`${causation_id} ${`${source}`.split("@")[0]}`, event.data as Record<string, unknown>];
  }));
  const outputOf = (id: string, processor: string) => outputs.get(`${id} ${processor}`);
  return [...Map.groupBy(events, ({ event }) => event.correlation_id).values()].flatMap((history) => {
    let [intakes, answered] = [0, 0];
    return history.filter(({ event: { event_id, event_type, data } }) => {
      if (event_type === "case.intake") {
        const { seen = intakes } = outputOf(event_id, "sorter") ?? {};
        return seen !== intakes++ || data.n !== intakes;
      }
      if (!processorInputs.answerer.includes(event_type)) return false;
      const state = outputOf(event_id, "answerer");
      const isRight = state === undefined || state.intakes === intakes && state.answered === answered;
      answered++;
      return !isRight;
    }).map(({ version, event }) =>
      `a wrong state was seen before version ${version} of ${event.correlation_id}`
    );
  });
}
