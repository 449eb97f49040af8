/** The seed of the hashes of an index: random, made by the first node, and lost only with the whole index. @module */
import { KeyHasher } from "../entry/key.ts";
import { Conflict, isNotFound } from "../../connection/errors.ts";
import { type NatsClient, parseAnswer } from "../../connection/client.ts";
import { headers } from "@nats-io/transport-deno";
import { IndexSubjects } from "../../../../schema/nats/index_stream.ts";

const SEED_BYTES = 32;

interface SeedPlace {
  readonly client: Pick<NatsClient, "request" | "manage">;
  readonly stream: string;
  readonly prefix: string;
}

/** The hasher of a store's index. Throws BackendUnavailable. */
export async function indexHasher(place: SeedPlace): Promise<KeyHasher> {
  return new KeyHasher(await readSeed(place) ?? await makeSeed(place));
}

async function readSeed({ client, stream, prefix }: SeedPlace): Promise<Uint8Array | undefined> {
  const query = { last_by_subj: new IndexSubjects(prefix).seed() };
  try {
    return (await client.manage(({ streams }) => streams.getMessage(stream, query)))?.data;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A new seed, or the one of another node that was faster. */
async function makeSeed(place: SeedPlace): Promise<Uint8Array> {
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  const set = headers();
  set.set("Nats-Expected-Last-Subject-Sequence", "0");
  try {
    parseAnswer(await place.client.request(new IndexSubjects(place.prefix).seed(), seed, set));
    return seed;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return (await readSeed(place))!;
  }
}
