/**
 * The first line of defence against a handler that never returns: synchronous code run under V8's own watchdog, which
 * stops loops, regular expressions and WebAssembly within a millisecond of the limit. What follows an `await` is not
 * covered, which is one reason why handlers are synchronous. @module
 */
import { Script } from "node:vm";

declare global {
  var __zaakstroomStep: (() => void) | undefined;
}

const script = new Script("__zaakstroomStep()");

/** Runs `step` for at most `timeoutMs`. Returns false when it was stopped; throws what it throws. */
export function runWithTimeout(step: () => void, timeoutMs: number): boolean {
  globalThis.__zaakstroomStep = step;
  try {
    script.runInThisContext({ timeout: timeoutMs });
    return true;
  } catch (error) {
    if ((error as { code?: string } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  } finally {
    globalThis.__zaakstroomStep = undefined;
  }
}
