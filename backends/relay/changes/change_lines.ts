/** Lines of changes as sinks take them that have messages of their own. Pure. @module */

/** A change with its topic, as Debezium names it, without the prefix. */
export interface ChangeLine {
  readonly topic: string;
  /** JSON. */
  readonly key: string;
  /** JSON; nothing for a tombstone. */
  readonly value: string;
  readonly header?: readonly (readonly [name: string, text: string])[];
}

interface ParsedLine {
  /** Of an event of an outbox. */
  readonly topic?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key: unknown;
  readonly value: { readonly source?: { readonly schema: string; readonly table: string } } | null;
}

/** The changes of these lines. A tombstone stands behind the deletion that it belongs to, and is of its topic. */
export function changesIn(lines: string): ChangeLine[] {
  let topic = "";
  return lines.split("\n").slice(0, -1).map((line) => {
    const { key, value, topic: named, headers } = JSON.parse(line) as ParsedLine;
    if (named !== undefined) {
      const header = Object.entries(headers!);
      const words = named.split(".").map(word).join(".");
      return { topic: words, key: JSON.stringify(key), value: JSON.stringify(value), header };
    }
    if (value?.source !== undefined) topic = `${word(value.source.schema)}.${word(value.source.table)}`;
    return { topic, key: JSON.stringify(key), value: value === null ? "" : JSON.stringify(value) };
  });
}

/** A word of a topic: letters that topics can't have become underscores, as Debezium has it. */
function word(text: string): string {
  return text.replaceAll(/[^\w-]/g, "_");
}
