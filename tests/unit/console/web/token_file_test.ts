import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { digestOf } from "../../../../console/web/sessions.ts";
import { openTokens, readEntries, tokensOf, writeEntries } from "../../../../console/web/token_file.ts";

const entry = { name: "s.voorbeeld", roles: ["operator" as const], sha256: digestOf("open sesame") };
const at = (time: string) => () => Date.parse(time);

Deno.test("a token is found by its digest, and nothing else is", () => {
  const find = tokensOf(JSON.stringify([entry]), "tokens.json");
  assertEquals(find("open sesame"), { name: "s.voorbeeld", roles: ["operator"] });
  assertEquals([find("open"), find(entry.sha256), find("")], [undefined, undefined, undefined]);
});

Deno.test("a token that has expired is nobody's", () => {
  const text = JSON.stringify([{ ...entry, expires: "2026-02-01T00:00:00Z" }]);
  assertEquals(tokensOf(text, "f", at("2026-01-31T23:59:59Z"))("open sesame")?.name, "s.voorbeeld");
  assertEquals(tokensOf(text, "f", at("2026-02-01T00:00:00Z"))("open sesame"), undefined);
});

Deno.test("a file that can't be used is refused with the place, and without what stands there", () => {
  const wrong = [
    ["{", "it is no JSON"],
    [JSON.stringify([{ ...entry, roles: ["king"] }]), "0.roles.0"],
    [JSON.stringify([{ ...entry, name: "system" }]), "0.name must be the name of somebody"],
  ];
  for (const [text, message] of wrong) {
    assertThrows(() => tokensOf(text!, "tokens.json"), UsageError, message!);
  }
});

Deno.test("what is taken out of the file opens nothing any more, nor does anything while the file can't be used", async () => {
  let time = 0;
  const directory = await Deno.makeTempDir();
  const path = `${directory}/tokens.json`;
  try {
    assertEquals(await readEntries(path), []);
    await writeEntries(path, [{ ...entry, roles: ["operator"], scopes: ["events.append"] }]);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    const find = await openTokens(path, () => time);
    assertEquals(find("open sesame"), {
      name: "s.voorbeeld",
      roles: ["operator"],
      scopes: ["events.append"],
    });
    await writeEntries(path, []);
    time += 1_000;
    assertEquals(find("open sesame"), undefined);
    await writeEntries(path, [{ ...entry, roles: ["viewer"], scopes: [] }]);
    time += 1_000;
    assertEquals(find("open sesame")?.roles, ["viewer"]);
    await Deno.writeTextFile(path, "[");
    time += 1_000;
    assertEquals(find("open sesame"), undefined);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
