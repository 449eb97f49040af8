/**
 * What the rules of the architecture test know about a file.
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseSourceTree } from "../support/architecture/source_tree.ts";
import type { SourceFile } from "../support/architecture/syntax/source_file.ts";

function parse(text: string): SourceFile {
  return parseSourceTree([["schema/a.ts", text]]).files.get("schema/a.ts")!;
}

function usedNames(text: string): readonly string[] {
  return parse(text).imports.flatMap(({ names }) => names);
}

Deno.test("a named import uses the names that the other file exports", () => {
  assertEquals(usedNames(`import one, { two as x, type Three } from "./b.ts";`), ["default", "two", "Three"]);
});

Deno.test("an import of a namespace uses its members, or all when it is passed on", () => {
  const members = `import * as b from "./b.ts";\nb.one(); let x: b.Two; other.b; ({ b: 1 });`;
  assertEquals(usedNames(members), ["one", "Two"]);
  assertEquals(usedNames(`import * as b from "./b.ts";\nb.one(); pass(b);`), ["one", "*"]);
});

Deno.test("a dynamic import uses what is taken of it", () => {
  assertEquals(usedNames(`const { one, two: x } = await import("./b.ts");`), ["one", "two"]);
  assertEquals(usedNames(`(await import("./b.ts")).one();`), ["one"]);
  assertEquals(usedNames(`import("./b.ts").then(({ one }) => one());`), ["one"]);
  assertEquals(usedNames(`const b = await import("./b.ts"); b.one();`), ["one"]);
  assertEquals(usedNames(`const { one, ...rest } = await import("./b.ts");`), ["one", "*"]);
  assertEquals(usedNames(`await import("./b.ts");`), []);
  assertEquals(usedNames(`run(import("./b.ts"));`), ["*"]);
});

Deno.test("a type's import uses the type", () => {
  assertEquals(usedNames(`let x: import("./b.ts").One.Two; let y: typeof import("./b.ts");`), ["One", "*"]);
});

Deno.test("every form of export is known by its name", () => {
  const { exports } = parse(`
    export const one = 1, { two, x: [three] } = f();
    export function four() {}
    export abstract class Five {}
    export type Six = 1;
    export enum Seven {}
    export default function () {}
    const eight = 8;
    export { eight, eight as nine };
  `);
  const names = ["one", "two", "three", "four", "Five", "Six", "Seven", "default", "eight", "nine"];
  assertEquals(exports.map(({ name }) => name), names);
  assertEquals(exports.some(({ origin }) => origin !== undefined), false);
});

Deno.test("a re-export is known by where it comes from", () => {
  const { exports } = parse(`
    import { one } from "./b.ts";
    export { one as uno };
    export { two } from "./c.ts";
    export * from "./d.ts";
    export * as five from "./e.ts";
  `);
  assertEquals(exports.map(({ name, origin }) => [name, origin?.target, origin?.name]), [
    ["uno", "schema/b.ts", "one"],
    ["two", "schema/c.ts", "two"],
    ["*", "schema/d.ts", "*"],
    ["five", "schema/e.ts", "*"],
  ]);
});

Deno.test("names are declared by variables, functions, classes, members, parameters and types, not by their use", () => {
  const { names } = parse(`
    import { imported, other as renamed } from "./b.ts";
    const { taken, key: bound } = imported.member;
    function f(parameter: Type) {}
    class C<T> { #field = 1; method() {} }
    interface I { property: string }
    enum E { Member }
  `);
  assertEquals(names.map(({ name }) => name), [
    ...["renamed", "taken", "bound", "f", "parameter", "C", "T", "#field", "method", "I", "property"],
    ...["E", "Member"],
  ]);
});
