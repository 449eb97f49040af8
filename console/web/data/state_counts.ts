/** How many cases stand in each state, where the store keeps read models. @module */
import type { ModelStore } from "../../../backends/projections.ts";

/** By state: a number, or that there are more. */
export type StateCounts = ReadonlyMap<string, string>;

/** Rows of a state that are counted one by one; above it only that there are more. */
const COUNT_UP_TO = 99;

/** Reads no more of a row than its place, by the index of states. Empty where nothing keeps a read model. */
export async function stateCounts(
  models: ModelStore | undefined,
  states: readonly string[],
): Promise<StateCounts> {
  if (models === undefined) return new Map();
  const found = await Promise.all(
    states.map(async (state) => [state, await countIn(models, state)] as const),
  );
  return new Map(found.filter((each): each is readonly [typeof each[0], string] => each[1] !== undefined));
}

async function countIn(models: ModelStore, state: string): Promise<string | undefined> {
  const model = { name: "cases", columns: { state: "text", position: "integer" } } as const;
  const rows = await models.find(model, { where: { state }, orderBy: "position", limit: COUNT_UP_TO + 1 });
  if (rows === undefined) return undefined;
  return rows.length > COUNT_UP_TO ? `${COUNT_UP_TO}+` : String(rows.length);
}
