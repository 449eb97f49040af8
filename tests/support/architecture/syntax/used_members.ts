/**
 * Which exports of a module an importing file uses, where the import itself doesn't name them.
 * @module
 */
import ts from "typescript";
import { walk } from "./nodes.ts";

const ALL = ["*"];

/** The members that are read of a namespace; `*` when the namespace itself is passed on. */
export function membersOfNamespace(binding: ts.Identifier): readonly string[] {
  const members = new Set<string>();
  walk(binding.getSourceFile(), (node) => {
    if (!ts.isIdentifier(node) || node === binding || node.text !== binding.text) return;
    const member = memberAt(node);
    if (member !== undefined) members.add(member);
  });
  return [...members];
}

function memberAt(node: ts.Identifier): string | undefined {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node ? parent.name.text : undefined;
  }
  if (ts.isQualifiedName(parent)) return parent.left === node ? parent.right.text : undefined;
  const isPropertyName = ts.isPropertyAssignment(parent) && parent.name === node;
  return isPropertyName ? undefined : "*";
}

/** The members that are taken of the module that `import(…)` loads. */
export function membersOfDynamicImport(call: ts.CallExpression): readonly string[] {
  let node: ts.Node = call;
  while (ts.isAwaitExpression(node.parent) || ts.isParenthesizedExpression(node.parent)) node = node.parent;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.name.text === "then" ? membersOfCallback(parent.parent) : [parent.name.text];
  }
  if (ts.isVariableDeclaration(parent) && parent.initializer === node) return membersOfBinding(parent.name);
  return ts.isExpressionStatement(parent) ? [] : ALL;
}

function membersOfCallback(then: ts.Node): readonly string[] {
  const callback = ts.isCallExpression(then) ? then.arguments[0] : undefined;
  if (callback === undefined || !ts.isArrowFunction(callback)) return ALL;
  const parameter = callback.parameters[0];
  return parameter === undefined ? [] : membersOfBinding(parameter.name);
}

function membersOfBinding(name: ts.BindingName): readonly string[] {
  if (ts.isIdentifier(name)) return membersOfNamespace(name);
  if (ts.isArrayBindingPattern(name)) return ALL;
  return name.elements.map((element) => {
    const property = element.propertyName ?? element.name;
    return element.dotDotDotToken === undefined && ts.isIdentifier(property) ? property.text : "*";
  });
}
