/** A processor that looks for the secret of the store, from the moment in which its module is loaded. @module */
import crypto, { Hash } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import type { Processor } from "../../../actors/processor.ts";
import { FIXED_SECRET } from "../misbehaving/fixed_ids.ts";
import { misbehavingProcessor } from "../misbehaving/processor.ts";

/** Where the secret was seen. */
const found = new Set<string>();
let isLooking = false;

function report(where: string, ...values: unknown[]): void {
  if (isLooking) return;
  isLooking = true;
  const seen = new Set<unknown>();
  if (values.some((value) => holdsSecret(value, seen, 0))) found.add(where);
  isLooking = false;
}

const { ownKeys, getOwnPropertyDescriptor, apply } = Reflect;
const { includes } = String.prototype;

/** Getters are called on events alone: others may want another object, or never return. */
function holdsSecret(value: unknown, seen: Set<unknown>, depth: number): boolean {
  if (typeof value === "string") return apply(includes, value, [FIXED_SECRET]);
  if (value === null || !/object|function/.test(typeof value) || seen.has(value) || depth > 4) return false;
  seen.add(value);
  if (value instanceof MessageEvent && holdsSecret(value.data, seen, depth + 1)) return true;
  return ownKeys(value as object).some((key) =>
    holdsSecret(getOwnPropertyDescriptor(value as object, key)?.value, seen, depth + 1)
  );
}

/** Replaces a method of everything of a kind by one that looks at what it is called with. */
function spyOn(target: object, name: string): void {
  const property = Object.getOwnPropertyDescriptor(target, name);
  const wrap = (what: (this: unknown, ...args: unknown[]) => unknown) =>
    function (this: unknown, ...args: unknown[]) {
      const result = Reflect.apply(what, this, args);
      report(name, this, result, ...args);
      return result;
    };
  if (property === undefined || !property.configurable) return;
  if (typeof property.value === "function") {
    Object.defineProperty(target, name, { ...property, value: wrap(property.value) });
  } else if (property.get !== undefined) {
    Object.defineProperty(target, name, { ...property, get: wrap(property.get) });
  }
}

const SPIED: readonly (readonly [object, readonly string[]])[] = [
  [MessageEvent.prototype, ["data"]],
  [EventTarget.prototype, ["dispatchEvent"]],
  [self, ["dispatchEvent", "structuredClone"]],
  [Map.prototype, ["set", "get"]],
  [Array.prototype, ["map", "flatMap", "join", "push"]],
  [String.prototype, ["slice", "split", "toString", "concat", "padStart", "charCodeAt"]],
  [TextEncoder.prototype, ["encode", "encodeInto"]],
  [Hash.prototype, ["update", "digest", "_transform", "write", "end"]],
  [crypto, ["hash", "createHash", "Hash"]],
  [JSON, ["stringify", "parse"]],
];

self.addEventListener("message", (event) => report("a listener", event), { capture: true });
self.onmessage = (event) => report("onmessage", event);
for (const [target, names] of SPIED) for (const name of names) spyOn(target, name);
syncBuiltinESMExports();
Object.defineProperty(Object.prototype, "secret", {
  configurable: true,
  set(value: unknown) {
    report("a setter of every object", value);
    Object.defineProperty(this, "secret", { value, writable: true, configurable: true, enumerable: true });
  },
});

/** Fails, and says where, once it has seen the secret; handles as it should otherwise. */
export const spyingProcessor: Processor<unknown, "case.intake"> = {
  ...misbehavingProcessor,
  handle(event, state, context) {
    context.newId();
    report("the globals", globalThis);
    report("the context", context, this);
    if (found.size > 0) throw new Error(`The secret was seen by ${[...found].join(", ")}`);
    return misbehavingProcessor.handle(event, state as never, context);
  },
};
