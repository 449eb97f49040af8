/** A fault to look at: the intake fails at some generated cases for a while, as a version with a bug would. @module */
import type { AnyProcessor } from "../../actors/processor.ts";
import { SIMULATOR } from "../../schema/authority/names.ts";

/** So long from the start of a worker: the attempts of the first cases are used up by then. */
export const FAULTY_FOR_MS = 60_000;
/** One of so many, by the last digit of its id: the same one at each attempt. */
export const ONE_OF = 16;

/**
 * The processor, but for the intake of one in sixteen generated cases, which fails until the fault is over: then what is
 * redriven goes on. No other case is touched. `elapsed` is how long the worker has run, in milliseconds.
 */
export function withDemoFaults(
  processor: AnyProcessor,
  elapsed: () => number,
): AnyProcessor {
  if (processor.name !== "intake") return processor;
  return {
    ...processor,
    handle(event, state, context) {
      const { event_id, metadata } = event;
      const isChosen = metadata?.source === SIMULATOR && parseInt(event_id.at(-1)!, 16) % ONE_OF === 0;
      if (isChosen && elapsed() < FAULTY_FOR_MS) {
        throw new TypeError("Cannot read properties of undefined (reading 'monthly_income')");
      }
      return processor.handle(event, state, context);
    },
  };
}
