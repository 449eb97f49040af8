/** What a program can be compiled for. @module */

/** A platform to compile for. */
export interface CompileTarget {
  /** As `deno compile --target` calls it. */
  readonly triple: string;
  /** As npm calls it; undefined where the embedded PostgreSQL does not run. */
  readonly postgres: string | undefined;
}

const targets: readonly CompileTarget[] = [
  { triple: "x86_64-unknown-linux-gnu", postgres: "linux-x64" },
  { triple: "aarch64-unknown-linux-gnu", postgres: "linux-arm64" },
  { triple: "x86_64-apple-darwin", postgres: "darwin-x64" },
  { triple: "aarch64-apple-darwin", postgres: "darwin-arm64" },
  { triple: "x86_64-pc-windows-msvc", postgres: undefined },
];

/** The names of the targets. */
export const triples = targets.map(({ triple }) => triple) as [string, ...string[]];

/** The target of that name. */
export function targetOf(triple: string): CompileTarget {
  return targets.find((target) => target.triple === triple)!;
}
