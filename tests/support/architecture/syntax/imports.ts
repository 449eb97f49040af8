/**
 * The files that a file loads: by `import`, `export … from`, `import(…)`, a type's `import("…")`, or a URL of a module.
 * @module
 */
import ts from "typescript";
import { lineOfNode, resolveSpecifier, walk } from "./nodes.ts";
import type { Import } from "./source_file.ts";
import { membersOfDynamicImport, membersOfNamespace } from "./used_members.ts";

interface Found {
  readonly specifier: ts.Node | undefined;
  readonly kind: Import["kind"];
  readonly names: readonly string[];
}

export function importsOf(source: ts.SourceFile): readonly Import[] {
  const imports: Import[] = [];
  walk(source, (node) => {
    const found = importAt(node);
    if (found?.specifier === undefined || !ts.isStringLiteralLike(found.specifier)) return;
    const target = resolveSpecifier(source.fileName, found.specifier.text);
    if (target === undefined) return;
    const { kind, names } = found;
    imports.push({ target, line: lineOfNode(node), kind, names, isUnderMain: isUnderMain(node) });
  });
  return imports;
}

function importAt(node: ts.Node): Found | undefined {
  if (ts.isImportDeclaration(node)) {
    return { specifier: node.moduleSpecifier, kind: "static", names: namesOfClause(node.importClause) };
  }
  if (ts.isExportDeclaration(node)) {
    return { specifier: node.moduleSpecifier, kind: "reexport", names: namesOfExport(node.exportClause) };
  }
  if (ts.isImportTypeNode(node)) {
    const specifier = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
    return { specifier, kind: "static", names: [firstName(node.qualifier)] };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: node.arguments[0], kind: "dynamic", names: membersOfDynamicImport(node) };
  }
  return isModuleUrl(node) ? { specifier: node.arguments?.[0], kind: "path", names: [] } : undefined;
}

function namesOfClause(clause: ts.ImportClause | undefined): readonly string[] {
  if (clause === undefined) return [];
  const names = clause.name === undefined ? [] : ["default"];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, ...membersOfNamespace(bindings.name)];
  return [...names, ...bindings.elements.map((each) => (each.propertyName ?? each.name).text)];
}

function namesOfExport(clause: ts.NamedExportBindings | undefined): readonly string[] {
  if (clause === undefined || ts.isNamespaceExport(clause)) return ["*"];
  return clause.elements.map((each) => (each.propertyName ?? each.name).text);
}

function firstName(name: ts.EntityName | undefined): string {
  if (name === undefined) return "*";
  return ts.isIdentifier(name) ? name.text : firstName(name.left);
}

/** `new URL("./worker.ts", import.meta.url)`. */
function isModuleUrl(node: ts.Node): node is ts.NewExpression {
  if (!ts.isNewExpression(node) || node.expression.getText() !== "URL") return false;
  const [path, base] = node.arguments ?? [];
  if (path === undefined || !ts.isStringLiteralLike(path) || base?.getText() !== "import.meta.url") {
    return false;
  }
  return path.text.endsWith(".ts");
}

function isUnderMain(node: ts.Node): boolean {
  for (let child = node; child.parent !== undefined; child = child.parent) {
    const { parent } = child;
    if (ts.isIfStatement(parent) && parent.thenStatement === child) {
      if (parent.expression.getText() === "import.meta.main") return true;
    }
  }
  return false;
}
