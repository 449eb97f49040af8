/** A log that is gone, or is not the one that the rest of its store is about: nothing of it is made anew in silence. @module */
import { StoreLost } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";

const REMEDY = "restore it from a newer backup, or take what is there with setup --apply";

/** The error for a log of which something is wrong. */
export function lostLog(stream: string, what: string): StoreLost {
  return new StoreLost(`The stream ${stream} ${what}: ${REMEDY}`);
}

/** A log as it was last seen. */
interface SeenLog {
  readonly created: string;
  readonly last: number;
}

/** Watches the log under a node that works on it. */
export class LogWatch {
  #seen: SeenLog | undefined;

  /** `writer` has written to it: a log that was restored may be shorter than that, and no shorter than at the last look. */
  constructor(
    readonly client: NatsClient,
    readonly stream: string,
    readonly writer: { readonly lastPosition: number },
  ) {}

  /** Throws StoreLost when the log is another one than at the last call, or shorter, and StreamMissing when there is none. */
  async check(): Promise<void> {
    const written = this.writer.lastPosition;
    const { created, state } = await this.client.manage(({ streams }) => streams.info(this.stream));
    const seen = this.#seen;
    // The checkpoints of mailboxes are in it, whatever else.
    if (seen !== undefined && seen.last > 0 && state.messages === 0) throw lostLog(this.stream, "was purged");
    const known = Math.max(written, seen?.last ?? 0);
    if (state.last_seq < known || (seen !== undefined && created !== seen.created)) {
      const was = `${known}, and is ${state.last_seq}`;
      throw lostLog(
        this.stream,
        `was made anew, or restored as it was before (its last position was ${was})`,
      );
    }
    this.#seen = { created, last: state.last_seq };
  }
}
