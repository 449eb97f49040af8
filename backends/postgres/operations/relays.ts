/** Records of relays on PostgreSQL: a row each. @module */
import type { RelayEntry, RelayRecord, RelayStore } from "../../relay/relay_store.ts";
import type { PostgresClient } from "../connection/client.ts";

interface RelayRow {
  readonly name: string;
  readonly record: string;
  readonly revision: number;
}

export class PostgresRelayStore implements RelayStore {
  readonly #client: PostgresClient;

  constructor(client: PostgresClient) {
    this.#client = client;
  }

  async list(): Promise<readonly RelayEntry[]> {
    const rows = await this.#client.runIdempotent((sql) =>
      sql<RelayRow[]>`select name, record::text as record, revision from zaakstroom.relays order by name`
    );
    return rows.map(entryOf);
  }

  async read(name: string): Promise<RelayEntry | undefined> {
    const [row] = await this.#client.runIdempotent((sql) =>
      sql<
        RelayRow[]
      >`select name, record::text as record, revision from zaakstroom.relays where name = ${name}`
    );
    return row && entryOf(row);
  }

  async write(name: string, record: RelayRecord | null, revision: number): Promise<number | undefined> {
    const text = record === null ? null : JSON.stringify(record);
    const [row] = await this.#client.run((sql) => {
      if (text === null) {
        return sql<{ revision: number }[]>`delete from zaakstroom.relays
          where name = ${name} and revision = ${revision}::bigint returning revision`;
      }
      if (revision === 0) {
        return sql<{ revision: number }[]>`insert into zaakstroom.relays (name, record)
          values (${name}, ${text}::text::json) on conflict do nothing returning revision`;
      }
      return sql<{ revision: number }[]>`update zaakstroom.relays
        set record = ${text}::text::json, revision = revision + 1
        where name = ${name} and revision = ${revision}::bigint returning revision`;
    });
    return row?.revision;
  }
}

function entryOf({ name, record, revision }: RelayRow): RelayEntry {
  return { name, record: JSON.parse(record) as RelayRecord, revision };
}
