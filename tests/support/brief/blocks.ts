/** What the customer's brief holds: its blocks of code, and the lines of it that are commands. @module */

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The brief, as the customer gave it. */
export const brief: string = await Deno.readTextFile(new URL("brief.txt", import.meta.url));

/** All blocks of code; one without a language has "". */
export const blocks: readonly Block[] = [...brief.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(
  ([, language, text]) => ({ language: language!, text: text! }),
);

export function blocksOf(language: string): readonly string[] {
  return blocks.filter((block) => block.language === language).map(({ text }) => text);
}

/** The block that stands below a heading, whatever its level. */
export function blockBelow(heading: string): string {
  const [, below] = brief.split(`# ${heading}\n`);
  return /^```\w*\n([^]*?)^```$/m.exec(below ?? "")![1]!;
}

/** Every command line: of the blocks of shell, and of Deno in running text. */
export const commandLines: readonly string[] = [
  ...brief.matchAll(/`(deno [^`]+)`/g).map(([, line]) => line!),
  ...blocksOf("bash").flatMap((text) => text.split("\n")).filter((line) => !/^(#|$)/.test(line)),
];

/** The options of a command line, from the first on: what must be the same in its counterpart. */
export function optionsOf(line: string): string {
  return /(?:^| )(--.*)$/.exec(line)?.[1] ?? "";
}
