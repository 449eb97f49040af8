/**
 * Keys of the index: a 128-bit hash of a case, or of a timer, seeded by the secret of the store. Two cases with the same key
 * would share a version, so the hash is wide; ids come from producers, so it is seeded: who doesn't know the secret can't
 * make two that collide. Multiplications by odd numbers and xors, in four lanes of 32 bits: 0.2 µs an id, where an HMAC
 * by node:crypto takes 15.
 * @module
 */
import { createHash } from "node:crypto";

/** Four lanes, the first of which counts most. They are signed, because V8 keeps such numbers unboxed. */
export interface IndexKey {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

const { imul } = Math;
const MIX_1 = 0x7feb352d;
const MIX_2 = 0x846ca68b;
const RANGE = 2 ** 32;
/** What is hashed as a timer gives another key than a case of the same text. */
const TIMER = 0x74696d65;

/** Hashes ids under one secret. */
export class KeyHasher {
  /** Four seeds, four odd multipliers. */
  readonly #words: Int32Array;
  readonly #fingerprintMask: number;
  /** Says which secret it is, and nothing of it: keys by another one are others. */
  readonly id: string;

  /** @param fingerprintBits fewer than 32 make fingerprints collide, for tests of what happens then */
  constructor(secret: Uint8Array, fingerprintBits = 32) {
    const digest = createHash("sha256").update("zaakstroom index").update(secret).digest();
    this.#words = Int32Array.from({ length: 8 }, (_, i) => digest.readInt32LE(4 * i) | (i < 4 ? 0 : 1));
    this.id = createHash("sha256").update("id").update(digest).digest("hex").slice(0, 16);
    this.#fingerprintMask = fingerprintBits >= 32 ? -1 : (1 << fingerprintBits) - 1;
  }

  caseKey(caseId: string): IndexKey {
    return this.#hash(caseId, 0);
  }

  timerKey(processor: string, caseId: string, name: string): IndexKey {
    return this.#hash(`${processor}\n${caseId}\n${name}`, TIMER);
  }

  /** 32 bits of an event's id: equal ones mean that the event may be there, different ones that it is not. */
  fingerprint(eventId: string): number {
    const [seed, , , , multiplier] = this.#words;
    let hash = seed! ^ eventId.length;
    for (let i = 0; i < eventId.length; i += 2) {
      hash = imul(hash ^ pairAt(eventId, i), multiplier!);
      hash ^= hash >>> 15;
    }
    return (mix(hash) & this.#fingerprintMask) >>> 0;
  }

  #hash(text: string, kind: number): IndexKey {
    const [seedA, seedB, seedC, seedD, multA, multB, multC, multD] = this.#words;
    let [a, b, c, d] = [seedA! ^ text.length, seedB! ^ kind, seedC!, seedD!];
    // For each pair of characters a bijection of the 128 bits: two states that differ never become one.
    for (let i = 0; i < text.length; i += 2) {
      const pair = pairAt(text, i);
      a = imul(a ^ pair, multA!);
      b = (imul(rotate(b, 13) ^ pair, multB!) + a) | 0;
      c = (imul(rotate(c, 17) ^ pair, multC!) + b) | 0;
      d = (imul(rotate(d, 19) ^ pair, multD!) + c) | 0;
      a ^= d >>> 15;
    }
    return mixLanes(a, b, c, d);
  }
}

/** Two characters as one number. */
function pairAt(text: string, at: number): number {
  const first = text.charCodeAt(at);
  return at + 1 < text.length ? first | (text.charCodeAt(at + 1) << 16) : first;
}

function rotate(lane: number, by: number): number {
  return (lane << by) | (lane >>> (32 - by));
}

/** Spreads each bit of a lane over all of it. */
function mix(lane: number): number {
  let mixed = imul(lane ^ (lane >>> 16), MIX_1);
  mixed = imul(mixed ^ (mixed >>> 15), MIX_2);
  return mixed ^ (mixed >>> 16);
}

/** Spreads each bit over all lanes; again a bijection. */
function mixLanes(a: number, b: number, c: number, d: number): IndexKey {
  a = mix((a + b + c + d) | 0);
  b = mix((b + a) | 0);
  c = mix((c + b) | 0);
  d = mix((d + c) | 0);
  return { a: (a + d) | 0, b: (b + d) | 0, c: (c + d) | 0, d };
}

/** The key of the nth chapter of a case: that of the case for the first, and anywhere for the others. */
export function chapterKey({ a, b, c, d }: IndexKey, chapter: number): IndexKey {
  return chapter === 0 ? { a, b, c, d } : mixLanes(a ^ chapter, b, c, d);
}

/** Order of keys: negative, 0 or positive. */
export function compareKeys(x: IndexKey, y: IndexKey): number {
  if (x.a !== y.a) return (x.a >>> 0) - (y.a >>> 0);
  if (x.b !== y.b) return (x.b >>> 0) - (y.b >>> 0);
  if (x.c !== y.c) return (x.c >>> 0) - (y.c >>> 0);
  return (x.d >>> 0) - (y.d >>> 0);
}

/** Which of so many equal slices of the hashes a key is in; by its first lane. */
export function sliceOf(lane: number, slices: number): number {
  return Math.floor((lane >>> 0) / RANGE * slices);
}

/** The key as a short text, for maps. */
export function keyText({ a, b, c, d }: IndexKey): string {
  return String.fromCharCode(
    a >>> 16,
    a & 0xffff,
    b >>> 16,
    b & 0xffff,
    c >>> 16,
    c & 0xffff,
    d >>> 16,
    d & 0xffff,
  );
}
