/** What is no event, on the subject of one: told as a delivery whose event can't be read. @module */
import { textOf } from "../../../schema/nats.ts";
import type { Placement } from "../../../schema/delivery_line.ts";

/** A message on the subject of an event, whatever it holds. */
interface UnreadMessage extends Pick<Placement, "position" | "recordedAt"> {
  readonly subject: string;
  /** Decoded, or the bytes of what may be no text. */
  readonly content: string | Uint8Array;
}

/** The delivery line of what is no event: its data is a text, and not an object (see `schema/delivery_line.ts`). */
export function malformedLine(message: UnreadMessage, attempt: number, held: boolean): string {
  const { position, recordedAt } = message;
  return `${position}\t0\t${attempt}\t${held ? 1 : 0}\t${recordedAt}${malformedRest(message)}`;
}

/** What of that line follows its placement. Its id is made of its position: it has none of its own. */
export function malformedRest({ subject, position, recordedAt, content }: UnreadMessage): string {
  const id = `00000000-0000-4000-8000-${position.toString(16).padStart(12, "0")}`;
  const stored = JSON.stringify(typeof content === "string" ? content : contentText(content));
  return `\t${id}\t${typeOf(subject)}\t${caseOf(subject)}\t${recordedAt}\t${stored}\tnull`;
}

function typeOf(subject: string): string {
  const token = subject.split(".")[2] ?? "";
  return token.startsWith("=") ? tokenText(token.slice(1)) : `case.${tokenText(token)}`;
}

/** The case that the subject names. */
export function caseOf(subject: string): string {
  return tokenText(subject.slice(subject.lastIndexOf(".") + 1));
}

/** The text of a token. One that would break a line is left as it is. */
function tokenText(token: string): string {
  const text = textOf(token);
  return /\p{Cc}/u.test(text) ? token : text;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function contentText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return `base64 ${bytes.toBase64()}`;
  }
}
