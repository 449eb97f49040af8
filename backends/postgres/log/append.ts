/** Appending events by one statement. @module */
import type { WireEvent } from "../../../schema/events.ts";
import { BackendUnusable, EventIdConflict, VersionConflict } from "../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../event_store.ts";
import type { PostgresClient } from "../connection/client.ts";
import { codeOf, detailOf, rowRefusal } from "../connection/errors.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { partitionOf } from "../../../schema/partition.ts";

/** Appends all or none, and returns the touched partitions. Throws VersionConflict or EventIdConflict. */
export async function append(
  client: PostgresClient,
  events: readonly WireEvent[],
  expected: ExpectedVersion,
  partitions: number,
): Promise<{ readonly appended: AppendResult; readonly touched: readonly number[] }> {
  const { touched, rows } = partitionsAndRows(events, partitions);
  const wanted = expected === "any" ? null : expected === "none" ? 0 : expected.exact;
  try {
    const [row] = await client.run((sql) =>
      sql<[{ stored: number; last_position: number; last_version: number }]>`
        select * from zaakstroom.append(${`{${touched}}`}::smallint[], ${rows}, ${events.length}, ${wanted}::int)`
    );
    const { stored, last_position: position, last_version: version } = row;
    return { touched, appended: { stored, duplicates: events.length - stored, position, version } };
  } catch (error) {
    if (codeOf(error) === "ZS001") {
      throw new VersionConflict(events[0]!.correlation_id, expected, Number(detailOf(error)));
    }
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
