/** Checks what stands where the head of a record should be: anybody with the right may have written it. @module */
import type { HeadLine } from "./encode_record.ts";
import { MAX_RECORD_EVENTS, RECORD_FORMAT, type RecordChanges, recordKinds } from "./record.ts";

type Unknown = Readonly<Record<string, unknown>>;

/** The head in a line of JSON, or the reason why it is none. */
export function parseHeadLine(text: string): HeadLine | string {
  const head = parseObject(text);
  if (head === undefined) return "its first line is not a JSON object";
  if (head.format !== RECORD_FORMAT) return `its format is not ${RECORD_FORMAT}`;
  const broken = Object.keys(FIELDS).find((name) => !FIELDS[name as keyof HeadLine](head[name]));
  return broken === undefined ? head as unknown as HeadLine : `its head has no valid ${broken}`;
}

/** The changes in JSON text; undefined for what are none. */
export function parseChanges(text: string): RecordChanges | undefined {
  const changes = parseObject(text);
  if (changes === undefined) return undefined;
  const { timers, parked, trail, pauses = [] } = changes;
  const areWhole = isListOf(timers, isTimer) && isListOf(parked, isParked) && isListOf(trail, isAct) &&
    isListOf(pauses, isPauseChange);
  return areWhole ? changes as unknown as RecordChanges : undefined;
}

const isText = (value: unknown) => typeof value === "string";
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isAbsent = (value: unknown) => value === undefined;

/** What each field of a head must be. */
const FIELDS: Readonly<Record<keyof HeadLine, (value: unknown) => boolean>> = {
  format: isCount,
  nonce: isText,
  // A larger epoch could not be outdone by the next owner.
  epoch: (value) => isCount(value) && (value as number) < 2 ** 40,
  kind: (value) => (recordKinds as readonly unknown[]).includes(value),
  before: isCount,
  recordedAt: isCount,
  part: (value) => isAbsent(value) || (isListOf(value, isCount) && value.length === 2),
  node: (value) => isAbsent(value) || isText(value),
  released: (value) => isAbsent(value) || typeof value === "boolean",
  processors: (value) => isListOf(value, isMove),
  kinds: (value) => isListOf(value, (each) => isObject(each) && isText(each.type) && isCount(each.version)),
  counts: (value) => isObject(value) && Object.values(value).every(isCount),
  frames: (value) => isListOf(value, isFrame) && eventsIn(value) <= MAX_RECORD_EVENTS,
  changes: (value) => isAbsent(value) || (isListOf(value, isCount) && value.length === 2),
};

function isMove(value: unknown): boolean {
  if (!isObject(value) || !isText(value.name)) return false;
  return [value.from, value.to, value.epoch].every(isCount) &&
    (isAbsent(value.inFlight) || isObject(value.inFlight)) &&
    (isAbsent(value.host) || isText(value.host)) &&
    (isAbsent(value.takes) || isListOf(value.takes, isText)) &&
    (isAbsent(value.toEnd) || typeof value.toEnd === "boolean") &&
    (isAbsent(value.released) || typeof value.released === "boolean") &&
    [value.redeliversTo, value.differences].every((each) => isAbsent(each) || isCount(each));
}

function isFrame(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [events, raw, stored, tags] = value;
  return [events, raw, stored].every(isCount) && (isAbsent(tags) || isText(tags));
}

function eventsIn(frames: readonly unknown[]): number {
  return (frames as HeadLine["frames"]).reduce((sum, [events]) => sum + events, 0);
}

function isTimer(value: unknown): boolean {
  if (!isObject(value) || ![value.processor, value.caseId, value.name].every(isText)) return false;
  if (value.kind === "set") return isText(value.at) && isText(value.row);
  return value.kind === "cancel" || value.kind === "fired";
}

function isParked(value: unknown): boolean {
  return isObject(value) && isText(value.processor) && isText(value.caseId) &&
    isListOf(value.waiting, (each) => isObject(each) && isCount(each.position) && isText(each.state));
}

function isAct(value: unknown): boolean {
  return isObject(value) && [value.at, value.act, value.by, value.why].every(isText);
}

function isPauseChange(value: unknown): boolean {
  if (!isObject(value) || !isObject(value.pause)) return false;
  const { kind, name, by, why, at } = value.pause;
  return (value.verb === "pause" || value.verb === "resume") && [kind, name, by, why, at].every(isText);
}

function isObject(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, isOne: (each: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isOne);
}

function parseObject(text: string): Unknown | undefined {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
