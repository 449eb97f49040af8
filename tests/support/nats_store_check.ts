/**
 * What must hold in a store on JetStream after any number of crashes, asked of the log itself by plain reads:
 * nothing here trusts the backend, the runtime or its ledger. @module
 */
import { zstdDecompressSync } from "node:zlib";
import { connect, type Msg, type NatsConnection } from "@nats-io/transport-deno";
import { NATS_ANSWER } from "./servers/nats_server.ts";

/** An event as its record says it, by position. */
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

/** Who has the lease of a partition, and when it was last renewed, by the server's clock. */
export interface PlainLease {
  readonly partition: number;
  readonly node: string;
  readonly storedAt: number;
}

/** A record as its message has it: a line of JSON, and what is behind it. */
interface PlainRecord {
  readonly sequence: number;
  readonly partition: number;
  readonly storedAt: number;
  readonly head: RecordLine;
  readonly body: Uint8Array;
}

interface RecordLine {
  readonly frames: readonly (readonly [events: number, raw: number, stored: number])[];
  readonly processors: readonly {
    readonly name: string;
    readonly to: number;
    readonly host?: string;
    readonly released?: boolean;
  }[];
}

const AT_ONCE = 500;
const BYTES_AT_ONCE = 4_000_000;
const LINE_BREAK = 10;
/** Positions of a record. */
const POSITIONS = 4_096;

/** Every event of a store, in stored order. */
export async function readEvents(url: string, stream = "CASES"): Promise<PlainEvent[]> {
  const connection = await connect({ servers: url.split(",") });
  try {
    return (await readRecords(connection, stream, 0)).flatMap(eventsOf);
  } finally {
    await connection.close();
  }
}

/** The records behind a sequence. */
async function readRecords(
  connection: NatsConnection,
  stream: string,
  behind: number,
): Promise<PlainRecord[]> {
  const records: PlainRecord[] = [];
  for (let last = behind;; last = records.at(-1)!.sequence) {
    const query = { seq: last + 1, next_by_subj: `${stream.toLowerCase()}-log.*` };
    const found = await directGet(connection, `${stream}_log`, {
      ...query,
      batch: AT_ONCE,
      max_bytes: BYTES_AT_ONCE,
    });
    if (found.length === 0) return records;
    records.push(...found.map(recordOf));
  }
}

function recordOf({ headers, data }: Msg): PlainRecord {
  const end = data.indexOf(LINE_BREAK);
  return {
    sequence: Number(headers!.get("Nats-Sequence")),
    partition: Number(headers!.get("Nats-Subject").split(".").at(-1)),
    storedAt: Date.parse(headers!.get("Nats-Time-Stamp")),
    head: JSON.parse(new TextDecoder().decode(data.subarray(0, end))),
    body: data.subarray(end + 1),
  };
}

function eventsOf({ sequence, head, body }: PlainRecord): PlainEvent[] {
  const lines: string[] = [];
  let at = 0;
  for (const [, raw, stored] of head.frames) {
    const bytes = body.subarray(at, at += stored);
    const text = new TextDecoder().decode(stored === raw ? bytes : zstdDecompressSync(bytes));
    lines.push(...text.split("\n").slice(0, -1));
  }
  return lines.map((line, index) => eventOf(line, sequence * POSITIONS + index));
}

function eventOf(line: string, position: number): PlainEvent {
  const [version, id, type, caseId, , data, metadata] = line.split("\t") as [
    ...[string, string, string, string, string, string, string],
  ];
  const cause = JSON.parse(metadata).causation_id;
  return { position, type, caseId, version: Number(version), id, cause, data };
}

/** Follows how far the mailboxes of a store are, and whose they are. */
export class CheckpointReader {
  readonly #mailboxes = new Map<string, PlainCheckpoint>();
  #last = 0;

  constructor(readonly connection: NatsConnection, readonly stream = "CASES") {}

  /** Every mailbox of the store. */
  async read(): Promise<PlainCheckpoint[]> {
    for (
      const { sequence, partition, storedAt, head } of await readRecords(
        this.connection,
        this.stream,
        this.#last,
      )
    ) {
      for (const { name: processor, to: checkpoint, host, released } of head.processors) {
        const key = `${processor} ${partition}`;
        const before = this.#mailboxes.get(key)?.owner ?? null;
        const owner = released ? null : host ?? before;
        this.#mailboxes.set(key, { processor, partition, checkpoint, owner, storedAt });
      }
      this.#last = sequence;
    }
    return [...this.#mailboxes.values()];
  }
}

/** Every lease of a store that has not run out. */
export async function readLeases(connection: NatsConnection, stream = "CASES"): Promise<PlainLease[]> {
  const query = { multi_last: [`$KV.${stream}_leases.lease.*`] };
  const found = await directGet(connection, `KV_${stream}_leases`, query);
  return found.map((msg) => ({
    partition: Number(msg.headers!.get("Nats-Subject").split(".").at(-1)),
    node: msg.string(),
    storedAt: Date.parse(msg.headers!.get("Nats-Time-Stamp")),
  }));
}

/** The messages of one answer, but for those that only say that something is gone, or that no more come. */
async function directGet(connection: NatsConnection, stream: string, query: object): Promise<Msg[]> {
  const options = { strategy: "sentinel", maxWait: NATS_ANSWER.timeout } as const;
  const subject = `$JS.API.DIRECT.GET.${stream}`;
  const found: Msg[] = [];
  for await (const msg of await connection.requestMany(subject, JSON.stringify(query), options)) {
    if (msg.data.length > 0) found.push(msg);
  }
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
