/**
 * What the rules of the architecture test know about one file: its imports, exports, functions and declared names.
 * @module
 */

/** A file that another one loads. */
export interface Import {
  /** The path of the loaded file, from the root of the repository. */
  readonly target: string;
  readonly line: number;
  /** `path` is a URL of a module, as a worker is started by; `reexport` is `export … from`. */
  readonly kind: "static" | "dynamic" | "path" | "reexport";
  /** The exports of the target that are used; `*` stands for all of them. */
  readonly names: readonly string[];
  /** Whether it runs only when the file is the program itself: `if (import.meta.main)`. */
  readonly isUnderMain: boolean;
}

export interface Export {
  /** The name under which it is imported; `*` for `export * from`. */
  readonly name: string;
  readonly line: number;
  /** For a re-export: the file and the name that it passes on. */
  readonly origin?: { readonly target: string; readonly name: string };
}

export interface FunctionSpan {
  /** The name with those of the functions and classes around it. */
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface DeclaredName {
  readonly name: string;
  readonly line: number;
}

export interface SourceFile {
  /** The path from the root of the repository, with slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly functions: readonly FunctionSpan[];
  readonly names: readonly DeclaredName[];
}
