/**
 * The door for producers that can't compute a partition: plain JSON on one subject. A node validates what came, appends it
 * in the order in which it came, and only then takes it away. An event without an id gets one that follows from its
 * place, so that one that is taken in twice, after a crash or by two nodes, is stored once.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { InvalidEvent } from "../../schema/codec.ts";
import type { WireEvent } from "../../schema/events.ts";
import { derivedId } from "../../schema/ids.ts";
import { readInput } from "../../schema/input.ts";
import { ingestName } from "../../schema/nats.ts";
import { type Act, EventIdConflict, type Inbox, type RefusedEvent } from "../backend.ts";
import { answerOf, isNotFound } from "./client.ts";
import { type Found, readAt, readSubject, readWhole } from "./direct.ts";
import { TooLarge } from "./errors.ts";
import type { Parts } from "./parts.ts";
import { auditWrite } from "./settle_part.ts";

interface IngestParts extends Pick<Parts, "client" | "stream" | "subjects" | "writer" | "clock"> {
  append(events: readonly WireEvent[]): Promise<unknown>;
}

const AT_ONCE = 500;
/** Of what is too large to be kept together with the reason, so much is kept. */
const KEPT_CHARACTERS = 16_000;

/** An event at the door that is valid. */
interface Letter {
  readonly found: Found;
  readonly event: WireEvent;
}

/** Takes in what is at the door. Returns how many events that were. */
export async function takeIn(parts: IngestParts): Promise<number> {
  const { client, subjects } = parts;
  const stream = ingestName(parts.stream);
  const came: Found[] = [];
  for await (const found of readSubject(client, stream, subjects.ingest())) {
    came.push(found);
    if (came.length === AT_ONCE) break;
  }
  if (came.length === 0) return 0;
  const { created } = await client.api<{ created: string }>(`STREAM.INFO.${stream}`);
  const letters: Letter[] = [];
  for (const found of came) {
    const read = readLetter(found, created);
    if (typeof read === "string") await refuse(parts, found, read);
    else letters.push(read);
  }
  await appendLetters(parts, letters);
  const behind = came.at(-1)!.position + 1;
  await client.api(`STREAM.PURGE.${stream}`, { filter: subjects.ingest(), seq: behind });
  return came.length;
}

/** The event, or why it can't be taken in. */
function readLetter(found: Found, created: string): Letter | string {
  try {
    const now = () => new Date(found.recordedAt);
    const newId = () => derivedId(`${created}/${found.position}`, found.recordedAt, "ingest", 0);
    return { found, event: readInput(JSON.parse(found.payload), { now, newId, source: "ingest" }) };
  } catch (error) {
    if (error instanceof InvalidEvent) return error.problems.join("; ");
    if (error instanceof SyntaxError) return "it is not JSON";
    throw error;
  }
}

/** One that can't be stored must not hold up the rest. */
async function appendLetters(parts: IngestParts, letters: readonly Letter[]): Promise<void> {
  if (letters.length === 0) return;
  try {
    await parts.append(letters.map(({ event }) => event));
  } catch (error) {
    if (!(error instanceof EventIdConflict || error instanceof TooLarge)) throw error;
    if (letters.length === 1) return await refuse(parts, letters[0]!.found, error.message);
    for (const letter of letters) await appendLetters(parts, [letter]);
  }
}

/** Puts it aside under its place: a second time, it is put there again. */
async function refuse(parts: IngestParts, found: Found, reason: string): Promise<void> {
  try {
    await keep(parts, found, found.payload, reason);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    await keep(
      parts,
      found,
      found.payload.slice(0, KEPT_CHARACTERS),
      `${reason} (what is kept is cut short)`,
    );
  }
}

async function keep({ client, subjects }: IngestParts, found: Found, text: string, reason: string) {
  const set = headers();
  set.set("Nats-Rollup", "sub");
  set.set("Zaakstroom-Reason", reason);
  answerOf(await client.request(subjects.refused(found.position), text, set));
}

/** What was refused, in the hands of a person. */
export function inbox(parts: IngestParts): Inbox {
  const { client, subjects } = parts;
  const stream = ingestName(parts.stream);
  const refused = async () => (await readWhole(client, stream, subjects.refused("*"))).map(refusedOf);
  return {
    list: async (limit = 100) => (await refused()).slice(0, limit),
    count: async () => (await refused()).length,
    discard: (id, act) => discard(parts, stream, id, act),
    retry: async (id, act) => {
      const found = await readAt(client, stream, id);
      if (found === undefined || !found.subject.startsWith(subjects.refused("*").slice(0, -1))) return false;
      answerOf(await client.request(subjects.ingest(), found.payload));
      return await discard(parts, stream, id, act, "retry");
    },
  };
}

function refusedOf({ position, recordedAt, payload, reason = "" }: Found): RefusedEvent {
  return { id: position, at: new Date(recordedAt).toISOString(), reason, text: payload };
}

/** Takes it away, with a line of the trail; false when it is not there. */
async function discard(
  { client, writer, subjects, clock }: IngestParts,
  stream: string,
  id: number,
  { by, why }: Act,
  act = "discard",
): Promise<boolean> {
  const found = await readAt(client, stream, id);
  if (found === undefined || !found.subject.startsWith(subjects.refused("*").slice(0, -1))) return false;
  await writer.write([
    auditWrite(subjects, {
      at: new Date(clock.now()).toISOString(),
      act: `inbox_${act}`,
      by,
      why,
      caseId: "inbox",
      eventId: `${id}`,
    }),
  ]);
  try {
    await client.api(`STREAM.MSG.DELETE.${stream}`, { seq: id });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
