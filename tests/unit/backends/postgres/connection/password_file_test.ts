/** The password file, as libpq reads it. @module */
import { assertEquals } from "@std/assert";
import { passwordIn, readPassword } from "../../../../../backends/postgres/connection/password_file.ts";

const KEY = { host: "db.example", port: 5432, database: "zaken", user: "els" };

const FILES: readonly (readonly [text: string, expected: string | undefined])[] = [
  ["", undefined],
  ["db.example:5432:zaken:els:geheim", "geheim"],
  ["db.example:5432:zaken:els:geheim\r\n", "geheim"],
  ["# db.example:5432:zaken:els:no\n*:*:*:*:any", "any"],
  ["db.example:5433:zaken:els:no\ndb.example:*:zaken:els:geheim\n*:*:*:*:later", "geheim"],
  ["other:5432:zaken:els:no\ndb.example:5432:*:piet:no", undefined],
  ["db.example:5432:zaken:els:ge\\:he\\\\im", "ge:he\\im"],
  ["db.example:5432:zaken:els:a:b", "a:b"],
  ["\\*:5432:zaken:els:no", undefined],
  ["db.example:5432:zaken:els", undefined],
  ["db.example:5432:zaken:els:", ""],
];

Deno.test("the first line that fits has the password", () => {
  for (const [text, expected] of FILES) assertEquals(passwordIn(text, KEY), expected, text);
});

Deno.test("names with a colon are escaped, and the usual sockets are localhost", () => {
  const key = { host: "/run/postgresql", port: 1, database: "a:b", user: "c\\d" };
  assertEquals(passwordIn("localhost:1:a\\:b:c\\\\d:geheim", key), "geheim");
  assertEquals(
    passwordIn("\\:\\:1:1:a:b:geheim", { host: "::1", port: 1, database: "a", user: "b" }),
    "geheim",
  );
});

Deno.test({
  name: "a file that others may read is ignored, and so is one that is not there",
  ignore: Deno.build.os === "windows",
  async fn() {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, "*:*:*:*:geheim");
    const found: unknown[] = [];
    for (const mode of [0o600, 0o400, 0o640, 0o604]) {
      await Deno.chmod(path, mode);
      found.push(readPassword(path, KEY));
    }
    await Deno.remove(path);
    assertEquals(found, ["geheim", "geheim", undefined, undefined]);
    assertEquals(readPassword(path, KEY), undefined);
  },
});
