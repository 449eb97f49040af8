/** Appending events by one statement. @module */
import type { WireEvent } from "../../../schema/events.ts";
import type { Producer } from "../../../schema/authority/grants.ts";
import { BackendUnusable, EventIdConflict, NotAllowed, VersionConflict } from "../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../event_store.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";
import { codeOf, detailOf, rowRefusal } from "../connection/errors.ts";
import { asksForHistory, requireHistory } from "./judged_append.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { partitionOf } from "../../../schema/partition.ts";

interface AppendedRow {
  readonly stored: number;
  readonly last_position: number;
  readonly last_version: number;
}

interface Appended {
  readonly appended: AppendResult;
  readonly touched: readonly number[];
}

/**
 * Appends all or none, and returns the touched partitions. What can't be judged without its case is judged under the lock of the
 * partition. Throws VersionConflict, EventIdConflict or NotAllowed.
 */
export function append(
  client: PostgresClient,
  events: readonly WireEvent[],
  expected: ExpectedVersion,
  partitions: number,
  producer: Producer,
): Promise<Appended> {
  const { touched, statement } = statementFor(events, expected, partitions);
  const judged = (sql: Sql) =>
    sql.begin(async (begun) => {
      const tx = begun as unknown as Sql;
      await requireHistory(tx, touched, events, producer);
      return await statement(tx);
    });
  const store = (sql: Sql) => asksForHistory(events) ? judged(sql) : statement(sql);
  return appendBy(client, store, { events, expected, touched });
}

/** Appends what the runtime made: the database asks whether the caller may write the log itself. Throws as `append`. */
export function forward(
  client: PostgresClient,
  events: readonly WireEvent[],
  partitions: number,
): Promise<Appended> {
  const { touched, statement } = statementFor(events, "any", partitions);
  return appendBy(client, statement, { events, expected: "any", touched });
}

function statementFor(events: readonly WireEvent[], expected: ExpectedVersion, partitions: number) {
  const { touched, rows } = partitionsAndRows(events, partitions);
  const wanted = expected === "any" ? null : expected === "none" ? 0 : expected.exact;
  const statement = async (sql: Sql): Promise<AppendedRow> => {
    const [row] = await sql<[AppendedRow]>`
      select * from zaakstroom.append(${`{${touched}}`}::smallint[], ${rows}, ${events.length}, ${wanted}::int)`;
    return row;
  };
  return { touched, statement };
}

async function appendBy(
  client: PostgresClient,
  store: (sql: Sql) => Promise<AppendedRow>,
  { events, expected, touched }: {
    readonly events: readonly WireEvent[];
    readonly expected: ExpectedVersion;
    readonly touched: readonly number[];
  },
): Promise<Appended> {
  try {
    const { stored, last_position: position, last_version: version } = await client.run(store);
    return { touched, appended: { stored, duplicates: events.length - stored, position, version } };
  } catch (error) {
    if (codeOf(error) === "ZS001") {
      throw new VersionConflict(events[0]!.correlation_id, expected, Number(detailOf(error)));
    }
    if (codeOf(error) === "ZS003") throw new NotAllowed(detailOf(error), true);
    if (codeOf(error) === "ZS002") throw new EventIdConflict(detailOf(error));
    const refusal = rowRefusal(error);
    throw refusal === undefined ? error : new BackendUnusable(refusal, { cause: error });
  }
}

/** The rows of an append, and the partitions whose locks it needs, sorted. */
export function partitionsAndRows(events: readonly WireEvent[], partitions: number) {
  const touched = new Set<number>();
  const rows = events.map((event) => {
    const partition = partitionOf(event.correlation_id, partitions);
    touched.add(partition);
    return storeRow(event, partition);
  });
  return { touched: [...touched].sort((a, b) => a - b), rows: rows.join("\n") };
}
