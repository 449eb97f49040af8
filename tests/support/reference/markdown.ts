/** Pieces of Markdown that the reference pages are made of. @module */

/** A table; a cell's bars and angle brackets are escaped. Empty without rows. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Text as it is written, in the type of a program. */
export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

/** Lines to be read as they stand. */
export function block(language: string, lines: readonly string[]): string {
  return ["```" + language, ...lines, "```"].join("\n");
}

/** Prose that is declared as lines: paragraphs, and what is indented as a block. */
export function prose(text: string): string {
  return text.split("\n\n").map((paragraph) =>
    /^ {2}/m.test(paragraph) ? block("text", paragraph.split("\n")) : escapeProse(paragraph)
  ).join("\n\n");
}

function escapeProse(text: string): string {
  return text.replace(/[<*_]/g, (mark) => `\\${mark}`);
}

/** A page: its title, where it comes from, and its parts; parts that are empty are left out. */
export function page(title: string, source: string, parts: readonly (string | undefined)[]): string {
  const origin = `Generated from ${source} by \`deno task docs:reference\`: change it there.`;
  return `${[`# ${title}`, origin, ...parts.filter((part) => part)].join("\n\n")}\n`;
}
