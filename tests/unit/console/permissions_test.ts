import { assertEquals } from "@std/assert";
import { needless } from "../../../console/permissions.ts";

Deno.test("a command gives up what it needs none of: all of it, or what only a server of this machine needs", () => {
  const url = "postgres://host/database";
  assertEquals(needless("rules list", {}), ["run", "write", "ffi", "import", "net"]);
  assertEquals(needless("rules export", {}), ["run", "ffi", "import", "net"]);
  assertEquals(needless("cases list", { url }), ["run", "write", "ffi", "import"]);
  assertEquals(needless("audit verify", { url }), ["run", "write", "ffi", "import"]);
  assertEquals(needless("cases list", {}), []);
  assertEquals(needless("start", { url }), []);
});
