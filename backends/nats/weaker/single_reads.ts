/** Reading several messages from a server that answers a read with one (before 2.11). @module */
import type { Msg } from "@nats-io/transport-deno";
import { BackendAway } from "../../backend.ts";
import { isStatus, type NatsClient } from "../client.ts";

/** What is asked for: messages under a filter from a position on, or the last message of each subject under filters. */
type Reading =
  | { readonly seq: number; readonly next_by_subj: string; readonly batch: number }
  | { readonly multi_last: readonly string[] };

const NOT_FOUND = 404;
const END = 204;

/** Asks as `ask` of the client does, and is answered alike: the messages, and a status behind them. */
export async function askOneByOne(client: NatsClient, subject: string, body: unknown): Promise<Msg[]> {
  const reading = body as Reading;
  if ("multi_last" in reading) {
    const lasts = await Promise.all(reading.multi_last.map((filter) => lastsOf(client, subject, filter)));
    return [...lasts.flat(), endOf(false)];
  }
  const { seq, next_by_subj, batch } = reading;
  const found: Msg[] = [];
  for await (const msg of following(client, subject, next_by_subj, seq)) {
    found.push(msg);
    if (found.length === batch) return [...found, endOf(true)];
  }
  return [...found, endOf(false)];
}

async function lastsOf(client: NatsClient, subject: string, filter: string): Promise<Msg[]> {
  const lasts = new Map<string, Msg>();
  for await (const msg of following(client, subject, filter, 1)) {
    lasts.set(msg.headers!.get("Nats-Subject"), msg);
  }
  return [...lasts.values()];
}

async function* following(
  client: NatsClient,
  subject: string,
  filter: string,
  from: number,
): AsyncGenerator<Msg> {
  for (let seq = from;;) {
    const msg = await client.request(subject, JSON.stringify({ seq, next_by_subj: filter }));
    if (isStatus(msg)) {
      const { code, description } = msg.headers!;
      if (code === NOT_FOUND) return;
      throw new BackendAway(`NATS did not read (${code} ${description})`);
    }
    yield msg;
    seq = Number(msg.headers!.get("Nats-Sequence")) + 1;
  }
}

/** The status by which a server that answers with several messages ends them. */
function endOf(isCut: boolean): Msg {
  const get = (name: string) => name === "Nats-Num-Pending" ? String(Number(isCut)) : "";
  return { data: new Uint8Array(), headers: { code: END, description: "EOB", get } } as unknown as Msg;
}
