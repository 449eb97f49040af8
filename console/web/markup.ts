/** HTML as text that is escaped where it comes from elsewhere. @module */
import { escape } from "@std/html/entities";

/** Text that is HTML already. Only `markup` makes it. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template; what is not there leaves nothing. */
export type Content = Markup | string | number | undefined | null | false | readonly Content[];

/** A template of HTML: every part that is no markup is escaped, also in a quoted attribute. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Content[]): Markup {
  let text = strings[0]!;
  for (let i = 0; i < parts.length; i++) text += rendered(parts[i]) + strings[i + 1]!;
  return new Markup(text);
}

function rendered(part: Content): string {
  if (part instanceof Markup) return part.text;
  if (part === undefined || part === null || part === false) return "";
  if (Array.isArray(part)) return part.map(rendered).join("");
  return escape(String(part));
}
