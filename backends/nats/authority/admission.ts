/** What is asked of an append before it is stored: may its sender, and do its cases allow it. @module */
import { isDeepStrictEqual } from "node:util";
import type { Grants, Producer } from "../../../schema/authority/grants.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { NotAllowed, VersionConflict } from "../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../event_store.ts";
import { admitAll } from "../../producers.ts";
import { judge } from "./judged_append.ts";
import type { NatsProducers } from "./producers.ts";

/** Stores events on the versions that they were judged by. */
type Store = (
  events: readonly WireEvent[],
  judgedOn: ReadonlyMap<string, number> | undefined,
) => Promise<AppendResult>;

export class Admission {
  constructor(
    readonly producers: NatsProducers,
    readonly readCase: (caseId: string) => AsyncIterable<StoredEvent>,
  ) {}

  /** Stores what its speaker may send, under the name `by` in the trail. Throws NotAllowed, with a line there. */
  async append(
    speakerBy: (grants: Grants) => Producer | Promise<Producer>,
    by: string | undefined,
    events: readonly WireEvent[],
    expected: ExpectedVersion,
    store: Store,
  ): Promise<AppendResult> {
    try {
      const grants = await this.producers.known();
      const speaker = await speakerBy(grants);
      const over = this.producers.rateFault(speaker.name, grants.get(speaker.name)?.perMinute, events.length);
      if (over !== undefined) throw new NotAllowed(over);
      return await this.appendAdmitted(speaker, admitAll(events, speaker, grants), expected, store);
    } catch (error) {
      if (error instanceof NotAllowed) await this.producers.recordRefusal(error.message, by);
      throw error;
    }
  }

  /** Stores what was admitted, as far as its cases allow it. Throws NotAllowed. */
  async appendAdmitted(
    speaker: Producer,
    events: readonly WireEvent[],
    expected: ExpectedVersion,
    store: Store,
  ): Promise<AppendResult> {
    for (;;) {
      const judgedOn = await judge(this.readCase, events, speaker);
      try {
        return await store(events, judgedOn);
      } catch (error) {
        // What was judged is stored on the versions that it was judged by; on others it is judged anew.
        if (!(error instanceof VersionConflict) || isDeepStrictEqual(error.expected, expected)) throw error;
      }
    }
  }
}
