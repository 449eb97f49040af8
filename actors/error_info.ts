/** What was thrown, as plain data that any store takes. @module */

/** An error, described. */
export interface ErrorInfo {
  readonly class: string;
  readonly message: string;
  readonly stack?: string;
}

const CLASS_CHARACTERS = 200;
/** So few that all the failures that are kept of a delivery fit into one JetStream message, whatever they say. */
export const MESSAGE_CHARACTERS = 2_000;
export const STACK_CHARACTERS = 8_000;

/** Control characters, but for those that text consists of. JSON takes six bytes for each. */
const CONTROL = /[^\P{Cc}\n\r\t]/gu;

/** Describes whatever was thrown. It never throws, though reading what was thrown may. */
export function describeError(error: unknown): ErrorInfo {
  try {
    if (!(error instanceof Error)) {
      return { class: typeof error, message: boundedText(error, MESSAGE_CHARACTERS) };
    }
    const { name, message, stack } = error;
    const described = {
      class: boundedText(name, CLASS_CHARACTERS),
      message: boundedText(message, MESSAGE_CHARACTERS),
    };
    return stack === undefined ? described : { ...described, stack: boundedText(stack, STACK_CHARACTERS) };
  } catch {
    return { class: "unknown", message: "What was thrown can't be described" };
  }
}

/** Text of a bounded length. A NUL or half a character would be refused by the store, and the dead letter with it. */
function boundedText(value: unknown, most: number): string {
  return String(value).slice(0, most).replaceAll(CONTROL, "\uFFFD").toWellFormed();
}
