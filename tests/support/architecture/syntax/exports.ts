/**
 * The names that a file exports.
 * @module
 */
import ts from "typescript";
import { boundIdentifiers, lineOfNode, resolveSpecifier } from "./nodes.ts";
import type { Export } from "./source_file.ts";

type Origin = NonNullable<Export["origin"]>;

/** Each exported name once: a type and a value of the same name are one export. */
export function exportsOf(source: ts.SourceFile): readonly Export[] {
  const imported = importedBindings(source);
  const exports = source.statements.flatMap((statement) => exportsAt(statement, imported));
  const once = new Map<string, Export>();
  for (const each of exports) {
    const key = each.name === "*" ? `* ${each.origin?.target}` : each.name;
    if (!once.has(key)) once.set(key, each);
  }
  return [...once.values()];
}

function exportsAt(statement: ts.Statement, imported: ReadonlyMap<string, Origin>): readonly Export[] {
  const line = lineOfNode(statement);
  if (ts.isExportAssignment(statement)) return [{ name: "default", line }];
  if (ts.isExportDeclaration(statement)) return exportsOfDeclaration(statement, imported);
  const flags = ts.getCombinedModifierFlags(statement as unknown as ts.Declaration);
  if ((flags & ts.ModifierFlags.Export) === 0) return [];
  if ((flags & ts.ModifierFlags.Default) !== 0) return [{ name: "default", line }];
  return declaredBy(statement).map((name) => ({ name: name.text, line: lineOfNode(name) }));
}

function declaredBy(statement: ts.Statement): readonly (ts.Identifier | ts.StringLiteral)[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((each) => boundIdentifiers(each.name));
  }
  const { name } = statement as ts.Statement & { name?: ts.Node };
  return name !== undefined && ts.isIdentifier(name) ? [name] : [];
}

function exportsOfDeclaration(
  declaration: ts.ExportDeclaration,
  imported: ReadonlyMap<string, Origin>,
): readonly Export[] {
  const { exportClause, moduleSpecifier } = declaration;
  const target = moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)
    ? resolveSpecifier(declaration.getSourceFile().fileName, moduleSpecifier.text)
    : undefined;
  const line = lineOfNode(declaration);
  if (exportClause === undefined || ts.isNamespaceExport(exportClause)) {
    return [withOrigin(exportClause?.name.text ?? "*", line, target && { target, name: "*" })];
  }
  return exportClause.elements.map((each) => {
    const name = (each.propertyName ?? each.name).text;
    const origin = moduleSpecifier === undefined ? imported.get(name) : target && { target, name };
    return withOrigin(each.name.text, lineOfNode(each), origin);
  });
}

function withOrigin(name: string, line: number, origin: Origin | undefined | ""): Export {
  return origin ? { name, line, origin } : { name, line };
}

/** What each imported name stands for, so that `export { x }` of an imported `x` is known to be a re-export. */
function importedBindings(source: ts.SourceFile): ReadonlyMap<string, Origin> {
  const bindings = new Map<string, Origin>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const target = resolveSpecifier(source.fileName, statement.moduleSpecifier.text);
    const named = statement.importClause?.namedBindings;
    if (target === undefined || named === undefined || !ts.isNamedImports(named)) continue;
    for (const each of named.elements) {
      bindings.set(each.name.text, { target, name: (each.propertyName ?? each.name).text });
    }
  }
  return bindings;
}
