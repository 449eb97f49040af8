/**
 * What must hold in a store on JetStream after any number of crashes, asked of the stream itself by a plain consumer:
 * nothing here trusts the backend, the runtime or its ledger. @module
 */
import { connect, createInbox, type Msg, type NatsConnection } from "@nats-io/transport-deno";
import { NATS_ANSWER } from "./servers/nats_server.ts";

/** An event as its message says it, by position. */
export interface PlainEvent {
  readonly position: number;
  readonly type: string;
  readonly caseId: string;
  readonly version: number;
  readonly id: string;
  /** The event that it follows from. */
  readonly cause: string | undefined;
  readonly data: string;
}

/** How far a mailbox is, and whose it is. */
export interface PlainCheckpoint {
  readonly processor: string;
  readonly partition: number;
  readonly checkpoint: number;
  readonly owner: string | null;
  /** When the server stored it. */
  readonly storedAt: number;
}

/** Who has the lease of a mailbox, and when it was last renewed, by the server's clock. */
export interface PlainLease {
  readonly processor: string;
  readonly partition: number;
  readonly node: string;
  readonly storedAt: number;
}

const AT_ONCE = 2_000;

/** Every event of a store, in stored order. */
export async function readEvents(url: string, stream = "CASES"): Promise<PlainEvent[]> {
  const connection = await connect({ servers: url.split(",") });
  try {
    const messages = await readAll(connection, stream, `${stream.toLowerCase()}.*.*.*`);
    return messages.map(eventOf);
  } finally {
    await connection.close();
  }
}

async function readAll(connection: NatsConnection, stream: string, filter: string): Promise<Msg[]> {
  const name = `check-${crypto.randomUUID()}`;
  const config = { name, ack_policy: "none", filter_subject: filter, mem_storage: true };
  const { num_pending } = await api(connection, `CONSUMER.CREATE.${stream}.${name}`, {
    stream_name: stream,
    config,
  });
  const inbox = createInbox();
  const messages: Msg[] = [];
  let ended = Promise.withResolvers<void>();
  const subscription = connection.subscribe(inbox, {
    callback: (_, msg) => {
      // A pull ends with as many as were asked for, or with a message that has no content.
      if (msg.data.length > 0) messages.push(msg);
      if (msg.data.length === 0 || messages.length % AT_ONCE === 0) ended.resolve();
    },
  });
  while (messages.length < Number(num_pending)) {
    ended = Promise.withResolvers<void>();
    const body = JSON.stringify({ batch: AT_ONCE, no_wait: true });
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, body, { reply: inbox });
    await ended.promise;
  }
  subscription.unsubscribe();
  await api(connection, `CONSUMER.DELETE.${stream}.${name}`, "");
  return messages;
}

function eventOf(msg: Msg): PlainEvent {
  const [version, id, type, caseId, , data, metadata] = msg.string().split("\t") as [
    ...[string, string, string, string, string, string, string],
  ];
  const position = Number(msg.reply!.split(".")[5]);
  const cause = JSON.parse(metadata).causation_id;
  return { position, type, caseId, version: Number(version), id, cause, data };
}

/** Every mailbox of a store. */
export async function readCheckpoints(
  connection: NatsConnection,
  stream = "CASES",
): Promise<PlainCheckpoint[]> {
  const found = await readLasts(connection, stream, `${stream.toLowerCase()}-run.ckpt.*.*`);
  return found.map((msg) => {
    const { checkpoint, owner } = msg.json<{ checkpoint: number; owner: string | null }>();
    return { ...placeOf(msg), checkpoint, owner };
  });
}

/** Every lease of a store that has not run out. */
export async function readLeases(connection: NatsConnection, stream = "CASES"): Promise<PlainLease[]> {
  const found = await readLasts(connection, `KV_${stream}_leases`, `$KV.${stream}_leases.lease.*.*`);
  return found.map((msg) => ({ ...placeOf(msg), node: msg.string() }));
}

/** Whose mailbox a message is about, by the end of its subject, and when it was stored. */
function placeOf({ headers }: Msg) {
  const [processor, partition] = headers!.get("Nats-Subject").split(".").slice(-2);
  const storedAt = Date.parse(headers!.get("Nats-Time-Stamp"));
  return { processor: processor!, partition: Number(partition), storedAt };
}

/** The last message of each subject, but for those that only say that something is gone. */
async function readLasts(connection: NatsConnection, stream: string, filter: string): Promise<Msg[]> {
  const body = JSON.stringify({ multi_last: [filter] });
  const options = { strategy: "sentinel", maxWait: NATS_ANSWER.timeout } as const;
  const answers = await connection.requestMany(`$JS.API.DIRECT.GET.${stream}`, body, options);
  const found: Msg[] = [];
  for await (const msg of answers) if (msg.data.length > 0) found.push(msg);
  return found;
}

export async function api(
  connection: NatsConnection,
  subject: string,
  body: unknown,
  options = NATS_ANSWER,
): Promise<Record<string, unknown>> {
  const text = body === "" ? "" : JSON.stringify(body);
  const answer = JSON.parse((await connection.request(`$JS.API.${subject}`, text, options)).string());
  if (answer.error) throw new Error(`${subject}: ${answer.error.description}`);
  return answer;
}

/** The rules that these events break, each with an offender; none for a sound store. */
export function brokenRules(events: readonly PlainEvent[]): string[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  const followers = Map.groupBy(events, ({ cause }) => cause);
  const broken = [...caseRules(events)];
  if (byId.size !== events.length) broken.push("an event id is there once");
  for (const event of events) {
    const effects = followers.get(event.id) ?? [];
    const cause = event.cause === undefined ? undefined : byId.get(event.cause);
    if (event.type === "case.intake" && !isOne(effects, "case.analysis")) {
      broken.push(`an intake has exactly one analysis: not so for ${event.caseId}`);
    }
    if (event.type === "case.analysis" && effects.length !== 1) {
      broken.push(`an analysis has exactly one effect: not so for ${event.caseId}`);
    }
    if (event.cause !== undefined && !(cause?.caseId === event.caseId && cause.version < event.version)) {
      broken.push(`a cause is an earlier event of the same case: not so for ${event.caseId}`);
    }
  }
  return broken;
}

function isOne(effects: readonly PlainEvent[], type: string): boolean {
  return effects.filter((effect) => effect.type === type).length === 1;
}

/** In stored order the versions of a case are 1, 2, 3 … without a gap, and its one intake comes first. */
function* caseRules(events: readonly PlainEvent[]): Generator<string> {
  for (const [caseId, its] of Map.groupBy(events, ({ caseId }) => caseId)) {
    if (its.some(({ version }, i) => version !== i + 1)) {
      yield `versions grow by one with the positions of a case: not so for ${caseId}`;
    }
    if (its.some(({ type }, i) => (type === "case.intake") !== (i === 0))) {
      yield `a case has one intake, and it comes first: not so for ${caseId}`;
    }
    const contents = new Set(its.map(({ type, cause, data }) => `${type}\t${cause}\t${data}`));
    if (contents.size !== its.length) yield `no event is there twice under two ids: not so for ${caseId}`;
  }
}
