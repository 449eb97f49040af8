/** A thrown value as plain data that every store accepts. @module */

/** An error, described. */
export interface ErrorInfo {
  readonly class: string;
  readonly message: string;
  readonly stack?: string;
}

const CLASS_CHARACTERS = 200;
/** Bounded so that all stored failures of a delivery fit into one JetStream message. */
const MESSAGE_CHARACTERS = 2_000;
const STACK_CHARACTERS = 8_000;

/** Control characters other than tab and line breaks; JSON takes six bytes for each. */
const CONTROL = /[^\P{Cc}\n\r\t]/gu;

/** Describes a thrown value. Never throws, although reading that value may. */
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

/** Text of a bounded length, without NUL or half a surrogate pair: a store would refuse the dead letter because of them. */
function boundedText(value: unknown, most: number): string {
  return String(value).slice(0, most).replaceAll(CONTROL, "\uFFFD").toWellFormed();
}
