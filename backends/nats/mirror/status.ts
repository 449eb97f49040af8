/** How the mirrors of a store stand. @module */
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";
import { namesOf, type NatsOptions } from "../setup/options.ts";
import { readIfThere } from "../setup/stream_changes.ts";
import { openLinked, sourceInfo } from "./create.ts";
import { domainOf, mirroredNames } from "./mirrored_streams.ts";

/** One mirror. */
interface MirrorState {
  readonly name: string;
  /** The last message that came. */
  readonly last: number;
  /** How many messages of the source have not come yet; undefined where it does not answer, or has no such stream. */
  readonly behind: number | undefined;
}

export interface MirrorStatus {
  /** The domain of which it is a mirror. */
  readonly of: string;
  /** Whether that answers now. */
  readonly isSourceThere: boolean;
  /** The moment of the last record that came. */
  readonly moment: string;
  readonly streams: readonly MirrorState[];
  /** Streams of the source that have no mirror here: mirror create makes them. */
  readonly missing: readonly string[];
}

/** Throws BackendUnusable where there is no mirror. */
export async function mirrorStatus(options: NatsOptions): Promise<MirrorStatus> {
  const names = mirroredNames(namesOf(options).stream);
  const client = await openLinked(options);
  try {
    const log = await readIfThere(client, names.at(-1)!);
    const of = log && domainOf(log.config);
    if (of === undefined) {
      throw new BackendUnusable("There is no mirror here: mirror create makes one");
    }
    const sources = await Promise.all(names.map((name) => lastOf(client, of, name)));
    const found = await Promise.all(names.map((name) => readIfThere(client, name)));
    return {
      of,
      isSourceThere: sources.at(-1) !== undefined,
      moment: log!.state.last_ts,
      streams: found.filter((each) => each !== undefined).map(({ config: { name }, state: { last_seq } }) => {
        const source = sources[names.indexOf(name)];
        return {
          name,
          last: last_seq,
          behind: source === undefined ? undefined : Math.max(0, source - last_seq),
        };
      }),
      missing: names.filter((_, i) => found[i] === undefined && sources[i] !== undefined),
    };
  } finally {
    await client.close();
  }
}

/** The last sequence of a stream of the source; undefined where it does not answer. */
async function lastOf(client: NatsClient, domain: string, name: string): Promise<number | undefined> {
  try {
    return (await sourceInfo(client, domain, name))?.state.last_seq;
  } catch (error) {
    if (error instanceof BackendUnavailable) return undefined;
    throw error;
  }
}
