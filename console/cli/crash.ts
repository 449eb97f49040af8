/** Makes an uncaught error or rejection a crash: exit code 70, which a guardian answers with a new start. @module */
import { isHarmless } from "../../backends/primitives/uncaught.ts";
import type { Output } from "./command.ts";
import { describeCrash, exitCodes, OutputClosed } from "./exit_codes.ts";

/** From now on an uncaught error ends the process with exit code 70, whatever kind it is. Deno would end it with 1. */
export function exitOnCrash(output: Output, json: boolean): void {
  const crash = (error: unknown) => {
    if (error instanceof OutputClosed) Deno.exit(exitCodes.ok);
    output.err(describeCrash(error, json));
    Deno.exit(exitCodes.bug);
  };
  globalThis.addEventListener("error", ({ error }) => void (isHarmless(error) || crash(error)));
  globalThis.addEventListener("unhandledrejection", ({ reason }) => crash(reason));
}
