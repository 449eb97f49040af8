import { assertEquals } from "@std/assert";
import { preferredUser } from "../../../../backends/local_server/run_as.ts";

const ROOT = "root:x:0:0:root:/root:/bin/bash";
const SHARED = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin";
const POSTGRES = "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
const OWN = "zaakstroom:x:990:991::/home/zaakstroom:/usr/sbin/nologin";

Deno.test("root gives its server to a user of its own, and never to one that other services share", () => {
  const found = (...lines: string[]) => preferredUser(lines.join("\n"));
  assertEquals(found(ROOT, POSTGRES, SHARED, OWN), {
    name: "zaakstroom",
    uid: 990,
    gid: 991,
    switched: true,
  });
  assertEquals(found(ROOT, SHARED, POSTGRES), { name: "postgres", uid: 101, gid: 104, switched: true });
  assertEquals(found(ROOT, SHARED), undefined);
});
