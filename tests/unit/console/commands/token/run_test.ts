import { assertEquals, assertMatch } from "@std/assert";
import { exitCodes } from "../../../../../console/cli/exit_codes.ts";
import { openTokens } from "../../../../../console/web/token_file.ts";
import { assertRefused, runHere } from "../../../../support/program.ts";

Deno.test("a token is made for a name, counts as its roles and scopes say, and is taken away by its name", async () => {
  const directory = await Deno.makeTempDir();
  const file = ["--tokens", `${directory}/tokens.json`];
  try {
    const made = await runHere([
      "token",
      "create",
      "belastingen",
      "--scopes",
      "events.append",
      "--expires",
      "90d",
      ...file,
    ]);
    assertEquals(made.code, exitCodes.ok, made.err);
    assertMatch(made.out, /^[\w-]{43}$/);
    await runHere(["token", "create", "s.voorbeeld", "--roles", "operator,auditor", ...file]);
    const find = await openTokens(file[1]!);
    assertEquals(find(made.out), { name: "belastingen", roles: [], scopes: ["events.append"] });
    const listed = await runHere(["token", "list", "--json", ...file]);
    const { tokens } = JSON.parse(listed.out);
    assertEquals(tokens.map(({ name, is_expired }: Record<string, unknown>) => [name, is_expired]), [
      ["belastingen", false],
      ["s.voorbeeld", false],
    ]);
    assertEquals([listed.out.includes(made.out), (await Deno.readTextFile(file[1]!)).includes(made.out)], [
      false,
      false,
    ]);
    assertEquals((await runHere(["token", "revoke", "belastingen", ...file])).out, "Revoked: 1");
    assertEquals((await openTokens(file[1]!))(made.out), undefined);
    assertRefused(
      await runHere(["token", "revoke", "belastingen", ...file]),
      exitCodes.notFound,
      /^Nobody named belastingen/,
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("what would be a token for nobody, or for nothing, is refused in one line", async () => {
  const refused: [string[], RegExp][] = [
    [["create"], /takes one NAME/],
    [["create", "system", "--roles", "admin"], /NAME must be the name of somebody/],
    [["create", "k.muster"], /needs --roles or --scopes/],
    [["create", "k.muster", "--roles", "king"], /--roles: must be some of viewer, caseworker/],
  ];
  for (const [args, message] of refused) {
    assertRefused(await runHere(["token", ...args]), exitCodes.usage, message);
  }
});
