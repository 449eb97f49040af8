/** Pauses on PostgreSQL: a row each, written together with its entry of the trail. @module */
import type { AuditEntry, OperatorAction } from "../../dead_letters.ts";
import { inOrder, type Pause, pauseEntry, type Pauses, type PauseTarget } from "../../pauses.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";
import type { Notifier } from "../mailbox/notifier.ts";

export class PostgresPauses implements Pauses {
  readonly #client: PostgresClient;
  readonly #notifier: Notifier;

  constructor(client: PostgresClient, notifier: Notifier) {
    this.#client = client;
    this.#notifier = notifier;
  }

  async list(): Promise<readonly Pause[]> {
    const rows = await this.#client.runIdempotent((sql) =>
      sql<(Pause & { readonly at: Date })[]>`select kind, name, by, why, at from zaakstroom.pauses`
    );
    return inOrder(
      rows.map(({ kind, name, by, why, at }) => ({ kind, name, by, why, at: at.toISOString() })),
    );
  }

  pause(target: PauseTarget, act: OperatorAction): Promise<boolean> {
    const { kind, name } = target;
    return this.#change((sql) =>
      sql`with changed as (
          insert into zaakstroom.pauses (kind, name, by, why) values (${kind}, ${name}, ${act.by}, ${act.why})
          on conflict do nothing returning name)
        ${logged(sql, pauseEntry("pause", target, act))}`
    );
  }

  resume(target: PauseTarget, act: OperatorAction): Promise<boolean> {
    const { kind, name } = target;
    return this.#change((sql) =>
      sql`with changed as (
          delete from zaakstroom.pauses where (kind, name) = (${kind}, ${name}) returning name)
        ${logged(sql, pauseEntry("resume", target, act))}`
    );
  }

  async #change(write: (sql: Sql) => PromiseLike<readonly unknown[]>): Promise<boolean> {
    const logged = await this.#client.run(write);
    this.#notifier.notifyLeases();
    return logged.length > 0;
  }
}

function logged(sql: Sql, { act, by, why, caseId, processor }: Omit<AuditEntry, "at">) {
  return sql`insert into zaakstroom.event_log (act, by, why, case_id, processor)
    select ${act}::text, ${by}::text, ${why}::text, ${caseId!}::text, ${
    processor ?? null
  }::text from changed returning id`;
}
