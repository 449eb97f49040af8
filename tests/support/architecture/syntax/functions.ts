/**
 * The functions of a file with their lengths: declarations, methods, accessors, constructors, arrows and expressions.
 * @module
 */
import ts from "typescript";
import { lineOfNode, walk } from "./nodes.ts";
import type { FunctionSpan } from "./source_file.ts";

export function functionsOf(source: ts.SourceFile): readonly FunctionSpan[] {
  const spans: FunctionSpan[] = [];
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
    const line = lineOfNode(node);
    const last = source.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    spans.push({ name: qualifiedName(node), line, lines: last - line + 1 });
  });
  return spans;
}

/** The names from the outermost function or class to the node, joined by dots. */
function qualifiedName(node: ts.Node): string {
  const names: string[] = [];
  for (let each = node; !ts.isSourceFile(each); each = each.parent) {
    if (ts.isFunctionLike(each) || ts.isClassLike(each)) names.unshift(ownName(each));
  }
  return names.join(".");
}

function ownName(node: ts.SignatureDeclaration | ts.ClassLikeDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (node.name !== undefined) return node.name.getText();
  const { parent } = node;
  if ((ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.name !== undefined) {
    return parent.name.getText();
  }
  return ts.isPropertyDeclaration(parent) ? parent.name.getText() : callbackName(parent);
}

/** A callback is named by the call it is given to, with the first argument when that is a text (a test's name). */
function callbackName(parent: ts.Node): string {
  if (!ts.isCallExpression(parent)) return "(anonymous)";
  const [first] = parent.arguments;
  const title = first !== undefined && ts.isStringLiteralLike(first) ? ` ${JSON.stringify(first.text)}` : "";
  return `${parent.expression.getText().split("\n")[0]}${title}`;
}
