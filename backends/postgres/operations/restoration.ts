/** The mark of a store that came from a backup, in the row of the store. @module */
import type { OperatorAction } from "../../dead_letters.ts";
import { type Restoration, RESTORATION_TRAIL, type RestorationMark } from "../../restoration.ts";
import type { PostgresClient } from "../connection/client.ts";

export class PostgresRestoration implements RestorationMark {
  constructor(readonly client: PostgresClient) {}

  async restoredFrom(): Promise<Restoration | undefined> {
    const [row] = await this.client.runIdempotent((sql) =>
      sql<[{ restored: Omit<Restoration, "restoredAt"> | null; at: Date }]>`
        select restored, restored_at as at from zaakstroom.store`
    );
    if (row.restored === null) return undefined;
    return { ...row.restored, restoredAt: new Date(row.at).toISOString() };
  }

  /** The mark goes, and the trail says who took it away, or neither. */
  async acceptRestoration({ by, why }: OperatorAction): Promise<boolean> {
    const rows = await this.client.run((sql) =>
      sql`with accepted as (
          update zaakstroom.store set restored = null where restored is not null returning only_row)
        insert into zaakstroom.event_log (act, by, why, case_id)
        select 'restoration_accept', ${by}::text, ${why}::text, ${RESTORATION_TRAIL} from accepted returning id`
    );
    return rows.length > 0;
  }
}
