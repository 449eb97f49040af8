/**
 * Each rule of the architecture test on a small tree that breaks it, and on one that doesn't.
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { doubledExportViolations } from "../support/architecture/rules/doubled_exports.ts";
import { forbiddenNameViolations } from "../support/architecture/rules/forbidden_names.ts";
import { importCircleViolations } from "../support/architecture/rules/import_circles.ts";
import { importDirectionViolations } from "../support/architecture/rules/import_direction.ts";
import { mirroredTestViolations } from "../support/architecture/rules/mirrored_tests.ts";
import { siblingImportViolations } from "../support/architecture/rules/sibling_imports.ts";
import {
  fileLengthViolations,
  folderViolations,
  functionLengthViolations,
} from "../support/architecture/rules/sizes.ts";
import { unusedExportViolations } from "../support/architecture/rules/unused_exports.ts";
import type { Violation } from "../support/architecture/rules/violation.ts";
import { parseSourceTree, type SourceTree } from "../support/architecture/source_tree.ts";

function treeOf(texts: Readonly<Record<string, string>>, entries?: readonly string[]): SourceTree {
  return parseSourceTree(Object.entries(texts), entries);
}

function keysOf(violations: readonly Violation[]): readonly string[] {
  return violations.map(({ key }) => key);
}

Deno.test("an import of a higher layer is found, with its line; one that skips layers downwards is not", () => {
  const found = importDirectionViolations(treeOf({
    "actors/actor.ts":
      `import { type Case } from "../schema/case.ts";\n\nimport type { X } from "../console/x.ts";`,
    "console/x.ts": `import { y } from "../schema/y.ts";\nimport z from "postgres";`,
    "schema/y.ts": "export const y = 1;",
    "tests/unit/y_test.ts": `import { x } from "../../console/x.ts";`,
  }));
  assertEquals(keysOf(found), ["actors/actor.ts imports console/x.ts"]);
  assertMatch(found[0]!.message, /^actors\/actor\.ts:3 imports console\/x\.ts: console stands above actors/);
});

Deno.test("a worker's URL, a dynamic import, a re-export and an import of a test count as imports", () => {
  const found = importDirectionViolations(treeOf({
    "backends/a.ts": `new Worker(new URL("../actors/worker.ts", import.meta.url));`,
    "backends/b.ts": `const { b } = await import("../simulators/b.ts");`,
    "backends/c.ts": `export { c } from "../console/c.ts";`,
    "backends/d.ts": `type D = import("../tests/support/d.ts").D;`,
  }));
  assertEquals(keysOf(found), [
    "backends/a.ts imports actors/worker.ts",
    "backends/b.ts imports simulators/b.ts",
    "backends/c.ts imports console/c.ts",
    "backends/d.ts imports tests/support/d.ts",
  ]);
});

Deno.test("a simulator imports main.ts dynamically where it is the program itself, and nowhere else", () => {
  const found = importDirectionViolations(treeOf({
    "simulators/chaos.ts": `if (import.meta.main) {\n  await (await import("../main.ts")).main();\n}`,
    "simulators/always.ts": `await import("../main.ts");`,
    "actors/chaos.ts": `if (import.meta.main) await import("../main.ts");`,
    "console/self_command.ts": `const main = new URL("../main.ts", import.meta.url);`,
  }));
  assertEquals(keysOf(found), ["actors/chaos.ts imports main.ts", "simulators/always.ts imports main.ts"]);
});

Deno.test("processors and reasoning import the schema, each other and the contract of a processor", () => {
  const found = importDirectionViolations(treeOf({
    "actors/processors/intake.ts":
      `import "../processor.ts"; import "../reasoning/law/costs.ts"; import "../../schema/events.ts";`,
    "actors/reasoning/law/costs.ts": `import "../../supervisor.ts"; import "../../../backends/backend.ts";`,
  }));
  assertEquals(keysOf(found), [
    "actors/reasoning/law/costs.ts imports actors/supervisor.ts",
    "actors/reasoning/law/costs.ts imports backends/backend.ts",
  ]);
});

Deno.test("only application.ts, and simulators about the application, import its rooms", () => {
  const found = importDirectionViolations(treeOf({
    "actors/application.ts": `import "./processors/intake.ts"; import "./acts/caseworker.ts";`,
    "actors/worker/worker.ts": `import "../processors/intake.ts"; import "../application.ts";`,
    "console/commands/cases/review.ts":
      `export { advance } from "../../../actors/reasoning/workflow/progress.ts";`,
    "simulators/training/train_model.ts": `import "../../actors/reasoning/model/model.ts";`,
    "simulators/chaos/node.ts": `import "../../actors/texts/review_text.ts";`,
  }));
  assertEquals(keysOf(found), [
    "actors/worker/worker.ts imports actors/processors/intake.ts",
    "console/commands/cases/review.ts imports actors/reasoning/workflow/progress.ts",
    "simulators/chaos/node.ts imports actors/texts/review_text.ts",
  ]);
});

Deno.test("each circle of imports is found as one, also of types; a chain is none", () => {
  const found = importCircleViolations(treeOf({
    "schema/a.ts": `import type { B } from "./b.ts";`,
    "schema/b.ts": `import { c } from "./c.ts";`,
    "schema/c.ts": `import { a } from "./a.ts";\nimport { d } from "./d.ts";`,
    "schema/d.ts": `import { e } from "./e.ts";`,
    "schema/e.ts": `import("./e.ts");`,
    "schema/f.ts": `import { a } from "./a.ts";`,
  }));
  assertEquals(keysOf(found).toSorted(), ["schema/a.ts ↔ schema/b.ts ↔ schema/c.ts", "schema/e.ts"]);
});

Deno.test("a simulator that runs main.ts, which can run it, is no circle", () => {
  assertEquals(
    importCircleViolations(treeOf({
      "main.ts": `import "./simulators/chaos.ts"; import "./console/self_command.ts";`,
      "simulators/chaos.ts": `if (import.meta.main) await import("../main.ts");`,
      "console/self_command.ts": `new URL("../main.ts", import.meta.url);`,
    })),
    [],
  );
});

Deno.test("stores don't import each other, shared rooms no store, command folders no other", () => {
  const found = siblingImportViolations(treeOf({
    "backends/memory/a.ts": `import "../nats/b.ts"; import "./log/c.ts"; import "../mailbox/d.ts";`,
    "backends/mailbox/d.ts": `import "../postgres/e.ts"; import "../primitives/f.ts";`,
    "backends/publishers.ts": `import "./nats/nats_backend.ts";`,
    "console/commands/load/run.ts":
      `import "../compare/run.ts"; import "./options.ts"; import "../shared.ts";`,
    "console/commands/all.ts": `import "./load/command.ts";`,
  }));
  assertEquals(keysOf(found), [
    "backends/mailbox/d.ts imports backends/postgres/e.ts",
    "backends/memory/a.ts imports backends/nats/b.ts",
    "console/commands/load/run.ts imports console/commands/compare/run.ts",
  ]);
});

Deno.test("a folder of 17 files is found, one of 16 is not, and a room of one thing a file may grow", () => {
  const files = (folder: string, count: number) =>
    Array.from({ length: count }, (_, index) => [`${folder}/f${index}.ts`, ""] as [string, string]);
  const texts = [...files("actors", 17), ...files("schema", 16), ...files("simulators/faults", 17)];
  const found = folderViolations(parseSourceTree(texts));
  assertEquals(keysOf(found), ["actors"]);
  assertMatch(found[0]!.message, /holds 17 files/);
});

Deno.test("a file of 301 lines is found, TypeScript or SQL, and one of 300 is not", () => {
  const found = fileLengthViolations(treeOf({
    "schema/a.ts": "\n".repeat(301),
    "schema/b.ts": "\n".repeat(300),
    "schema/postgres/c.sql": "--\n".repeat(301),
  }));
  assertEquals(keysOf(found), ["schema/a.ts", "schema/postgres/c.sql"]);
});

Deno.test("a function of 61 lines is found by its name, of whatever form; its docstring doesn't count", () => {
  const body = (lines: number) => `{\n${"  1;\n".repeat(lines - 2)}}`;
  const found = functionLengthViolations(treeOf({
    "schema/a.ts": [
      `/**\n * Docstring.\n */\nfunction short() ${body(60)}`,
      `class Store { commit() ${body(61)} }`,
      `const fetch = () => ${body(61)};`,
      `Deno.test("a sentence", () => ${body(61)});`,
      `function outer() {\n  return () => ${body(60)};\n}`,
    ].join("\n"),
  }));
  assertEquals(keysOf(found), [
    "schema/a.ts Store.commit",
    "schema/a.ts fetch",
    'schema/a.ts Deno.test "a sentence"',
    "schema/a.ts outer",
  ]);
});

Deno.test("an export counts as used by the product, by the users of the package, and by its own unit test", () => {
  const tree = treeOf({
    "schema/a.ts": "export const used = 1, unused = 2, tested = 3, integrated = 4;\nexport type Public = 1;",
    "schema/b.ts": `import { used } from "./a.ts";\nexport type { Public } from "./a.ts";`,
    "tests/unit/schema/a_test.ts": `import { tested } from "../../../schema/a.ts";`,
    "tests/unit/schema/c_test.ts": `import { unused } from "../../../schema/a.ts";`,
    "tests/integration/a_test.ts": `import { integrated } from "../../schema/a.ts";`,
  }, ["schema/b.ts"]);
  assertEquals(keysOf(unusedExportViolations(tree)), ["schema/a.ts unused", "schema/a.ts integrated"]);
});

Deno.test("a re-export that nobody uses is found, and so is what it passes on", () => {
  const tree = treeOf({
    "schema/a.ts": "export const a = 1, b = 2;",
    "schema/b.ts": `export * from "./a.ts";`,
    "schema/c.ts": `export { a as c, b } from "./b.ts";`,
    "schema/d.ts": `import { c } from "./c.ts";`,
  });
  assertEquals(keysOf(unusedExportViolations(tree)), ["schema/a.ts b", "schema/c.ts b"]);
});

Deno.test("a name exported by two files of a layer is found; a re-export and another store's are not", () => {
  const found = doubledExportViolations(treeOf({
    "actors/a.ts": "export interface Draft {}",
    "actors/b.ts": "export class Draft {}",
    "actors/c.ts": `export { Draft } from "./a.ts";`,
    "actors/d.ts": "export const schema = 1;\nexport type schema = 1;",
    "backends/memory/a.ts": "export class Leases {}",
    "backends/nats/a.ts": "export class Leases {}\nexport class Draft {}",
    "console/commands/load/command.ts": "export const command = 1;",
    "console/commands/chaos/command.ts": "export const command = 1;",
  }));
  assertEquals(keysOf(found), ["actors Draft"]);
  assertMatch(found[0]!.message, /actors\/a\.ts:1 and actors\/b\.ts:1/);
});

Deno.test("a forbidden word is found in names of every case style and of files, as a whole word", () => {
  const found = forbiddenNameViolations(treeOf({
    "backends/bell.ts": "",
    "backends/a.ts": "export class CaseBookOptions { #gate = 1 }\nfunction f(MAX_GATES: number) {}",
    "backends/b.ts": "const delegate = 1, seatbelt = 2, labelled = 3, caseOfBook = 4, part = 5;",
    "backends/c.ts": `import { gate } from "./d.ts";\ngate.gates();`,
    "schema/postgres/d.sql": "create function zaakstroom.begin_trial() returns void",
  }));
  assertEquals(keysOf(found).toSorted(), [
    "backends/a.ts case book",
    "backends/a.ts gate",
    "backends/a.ts gates",
    "backends/bell.ts bell",
    "schema/postgres/d.sql trial",
  ]);
  assertMatch(
    found[0]!.message,
    /^backends\/a\.ts:1 declares #gate: instead of "gate" write prioritySemaphore/,
  );
});

Deno.test("a unit test without the file it is the test of is found", () => {
  const found = mirroredTestViolations(treeOf({
    "actors/a.ts": "",
    "tests/unit/actors/a_test.ts": "",
    "tests/unit/actors/b_test.ts": "",
    "tests/unit/actors/fixture.ts": "",
    "tests/unit/architecture_test.ts": "",
  }));
  assertEquals(keysOf(found), ["tests/unit/actors/b_test.ts"]);
});
