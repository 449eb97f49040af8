/** Appending: by one statement, or many events of any version by a COPY in a transaction around it. @module */
import type { WireEvent } from "../../schema/events.ts";
import { type Appended, EventIdConflict, type ExpectedVersion, VersionConflict } from "../backend.ts";
import type { PostgresClient } from "./client.ts";
import { copyRows, inTransaction, NotCopied, WORTH_COPYING } from "./copying.ts";
import { codeOf, detailOf } from "./errors.ts";
import { partitionsAndRows } from "./rows.ts";

/** What an append came to, and which partitions it touched. */
export interface Written {
  readonly appended: Appended;
  readonly touched: readonly number[];
}

/** Appends all or none. Throws VersionConflict or EventIdConflict. */
export async function append(
  client: PostgresClient,
  events: readonly WireEvent[],
  expected: ExpectedVersion,
  partitions: number,
): Promise<Written> {
  const { touched, rows } = partitionsAndRows(events, partitions);
  const copied = expected === "any" && events.length >= WORTH_COPYING
    ? await byCopy(client, events, touched, rows)
    : undefined;
  return { touched, appended: copied ?? await byStatement(client, events, expected, touched, rows) };
}

/** Undefined when the rows can't be stored as they are: some are there already, or clash. */
async function byCopy(
  client: PostgresClient,
  events: readonly WireEvent[],
  touched: readonly number[],
  rows: string,
): Promise<Appended | undefined> {
  const cases = [...new Set(events.map((event) => event.correlation_id))];
  const kinds = [...new Set(events.map((event) => `${event.event_type}\t${event.metadata.schema_version}`))]
    .map((kind) => kind.split("\t"));
  try {
    return await inTransaction(client, async (tx) => {
      const [row] = await tx<[{ heads: string }]>`
        select zaakstroom.begin_append(${`{${touched}}`}::smallint[], ${cases.join("\n")},
          ${`{${kinds.map(([type]) => type)}}`}::text[], ${`{${
        kinds.map(([, version]) => version)
      }}`}::smallint[])
          as heads`;
      const versions = versionsBehind(row.heads, cases, events);
      const position = await copyRows(tx, rows, versions);
      return { stored: events.length, duplicates: 0, position, version: versions.at(-1)! };
    });
  } catch (error) {
    if (error instanceof NotCopied) return undefined;
    throw error;
  }
}

/** The version of its case that each event becomes, behind the last version of each case. */
function versionsBehind(heads: string, cases: readonly string[], events: readonly WireEvent[]): number[] {
  const last = new Map(heads.split(",").map((head, i) => [cases[i]!, Number(head)]));
  return events.map(({ correlation_id }) => {
    const version = last.get(correlation_id)! + 1;
    last.set(correlation_id, version);
    return version;
  });
}

async function byStatement(
  client: PostgresClient,
  events: readonly WireEvent[],
  expected: ExpectedVersion,
  touched: readonly number[],
  rows: string,
): Promise<Appended> {
  const version = expected === "any" ? null : expected === "none" ? 0 : expected.exact;
  try {
    const [row] = await client.run((sql) =>
      sql<[{ stored: number; last_position: number; last_version: number }]>`
        select * from zaakstroom.append(${`{${touched}}`}::smallint[], ${rows}, ${events.length}, ${version}::int)`
    );
    return {
      stored: row.stored,
      duplicates: events.length - row.stored,
      position: row.last_position,
      version: row.last_version,
    };
  } catch (error) {
    if (codeOf(error) === "ZS001") {
      throw new VersionConflict(events[0]!.correlation_id, expected, Number(detailOf(error)));
    }
    if (codeOf(error) === "ZS002") throw new EventIdConflict(detailOf(error));
    throw error;
  }
}
