/** Where processors are on PostgreSQL: where they begin, and rewinding them. @module */
import type { OperatorAction } from "../../dead_letters.ts";
import { rewindEntry, type RewindProgress, type RewindResult, type Rewinds } from "../../rewinds.ts";
import { beginningOf } from "../../beginning.ts";
import type { ProcessorSpec } from "../../mailbox/mailbox.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Notifier } from "../mailbox/notifier.ts";

export class PostgresRewinds implements Rewinds {
  readonly #client: PostgresClient;
  readonly #notifier: Notifier;

  constructor(client: PostgresClient, notifier: Notifier) {
    this.#client = client;
    this.#notifier = notifier;
  }

  /** Twice the same changes nothing but the trail: what was rewound stands before the position already. */
  async rewind(processor: string, position: number, act: OperatorAction): Promise<RewindResult> {
    const { by, why, caseId } = rewindEntry(processor, position, act);
    const [{ waiting, partitions }] = await this.#client.runIdempotent((sql) =>
      sql<[{ waiting: number; partitions: number[] | null }]>`
        select waiting, to_json(partitions) as partitions
        from zaakstroom.rewind(${processor}, ${position}::bigint, ${by}, ${why}, ${caseId!})`
    );
    if (waiting > 0) return { kind: "waiting", deliveries: waiting };
    this.#notifier.notify(new Set(partitions!), ["*"], true);
    return { kind: "rewound", partitions: partitions!.length };
  }

  async progress(processor: string): Promise<readonly RewindProgress[]> {
    const rows = await this.#client.runIdempotent((sql) =>
      sql<(Omit<RewindProgress, "redeliversTo"> & { redelivers_to: number })[]>`
        select partition, checkpoint, redelivers_to, differences
        from zaakstroom.subscriptions where processor = ${processor} order by partition`
    );
    return rows.map(({ redelivers_to: redeliversTo, ...row }) => ({ ...row, redeliversTo }));
  }
}

/** See `MailboxSource.register`. */
export async function registerProcessors(
  client: PostgresClient,
  processors: readonly ProcessorSpec[],
): Promise<void> {
  const begins = processors.map((each) => {
    const beginning = beginningOf(each);
    return beginning.kind === "time" ? new Date(beginning.at).toISOString() : beginning.kind;
  });
  await client.runIdempotent((sql) =>
    sql`select zaakstroom.register_processors(${arrayOf(processors.map(({ name }) => name))}::text[],
      ${arrayOf(processors.map(({ takes }) => takes.join(",")))}::text[], ${arrayOf(begins)}::text[])`
  );
}
