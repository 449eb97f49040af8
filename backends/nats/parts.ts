/** What the parts of one backend share. @module */
import type { Subjects } from "../../schema/nats.ts";
import type { AwayListener } from "../patience.ts";
import type { CaseBook } from "./case_book.ts";
import type { NatsClient } from "./client.ts";
import type { Kinds } from "./kinds.ts";
import type { LeaseKeeper } from "./leases.ts";
import type { StoreClock } from "./store_clock.ts";
import type { Turns } from "./turns.ts";
import type { Writer } from "./writer.ts";

export interface Parts {
  readonly client: NatsClient;
  readonly stream: string;
  readonly subjects: Subjects;
  readonly partitions: number;
  readonly node: string;
  readonly book: CaseBook;
  readonly kinds: Kinds;
  readonly turns: Turns;
  readonly writer: Writer;
  readonly clock: StoreClock;
  readonly leases: LeaseKeeper;
  readonly onAway: AwayListener;
  /** Bounds of a batch. */
  readonly batchSize: number;
  readonly batchBytes: number;
}
