/**
 * The names that a file declares: of variables, functions, classes, members, parameters, types, tables.
 * @module
 */
import ts from "typescript";
import { lineOfNode, walk } from "./nodes.ts";
import type { DeclaredName } from "./source_file.ts";

export function declaredNamesOf(source: ts.SourceFile): readonly DeclaredName[] {
  const names: DeclaredName[] = [];
  walk(source, (node) => {
    const name = declaredName(node);
    if (name !== undefined) names.push({ name: name.text, line: lineOfNode(name) });
  });
  return names;
}

/** An imported name is declared elsewhere, and so is a property that a pattern takes out of an object. */
function declaredName(node: ts.Node): ts.Identifier | ts.PrivateIdentifier | undefined {
  if (ts.isImportSpecifier(node) && node.propertyName === undefined) return undefined;
  if (ts.isPropertyAccessExpression(node) || ts.isMetaProperty(node)) return undefined;
  if (ts.isExportSpecifier(node) || ts.isShorthandPropertyAssignment(node)) return undefined;
  const { name } = node as ts.Node & { name?: ts.Node };
  if (name === undefined || !(ts.isIdentifier(name) || ts.isPrivateIdentifier(name))) return undefined;
  return name;
}

/** The functions, tables, types and indexes that SQL creates. */
export function declaredNamesOfSql(text: string): readonly DeclaredName[] {
  const created =
    /^\s*create\s+(?:or\s+replace\s+|unique\s+)?(?:function|table|type|index|view)\s+(?:if\s+not\s+exists\s+)?([\w.]+)/i;
  return text.split("\n").flatMap((line, index) => {
    const name = created.exec(line)?.[1];
    return name === undefined ? [] : [{ name, line: index + 1 }];
  });
}
