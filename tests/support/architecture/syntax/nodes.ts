/**
 * Helpers to walk a syntax tree.
 * @module
 */
import { dirname, join } from "node:path/posix";
import ts from "typescript";

/** Calls `onNode` with every node of the tree, parents first. */
export function walk(node: ts.Node, onNode: (node: ts.Node) => void): void {
  onNode(node);
  ts.forEachChild(node, (child) => walk(child, onNode));
}

/** The line a node starts at, counted from one; its docstring is not part of it. */
export function lineOfNode(node: ts.Node): number {
  const source = node.getSourceFile();
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/** The path of a relative specifier from the root; undefined for a package. */
export function resolveSpecifier(importer: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? join(dirname(importer), specifier) : undefined;
}

/** The names that a variable, parameter or pattern binds. */
export function boundIdentifiers(name: ts.BindingName): readonly ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : boundIdentifiers(element.name)
  );
}
