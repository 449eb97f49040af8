/** What the process of a command may still do once the command has begun. @module */
import { assertEquals } from "@std/assert";

async function leftAfter(set: string, ...args: string[]): Promise<string> {
  const probe = new URL("../../support/misbehaving/permissions_left.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", `--permission-set=${set}`, probe, ...args],
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout).trim() + decoder.decode(stderr);
}

const UNREACHABLE = "postgres://nobody@127.0.0.1:1/none?connect_timeout=1";

Deno.test("a command that is given a server starts no program and writes no file", async () => {
  assertEquals(await leftAfter("node", "cases", "list", "--url", UNREACHABLE), "net");
  assertEquals(await leftAfter("node", "audit", "verify", "--url", UNREACHABLE), "net");
});

Deno.test("a node that is given a server starts no program", async () => {
  assertEquals(await leftAfter("node", "start", "--url", UNREACHABLE, "--port", "0"), "write net");
});

Deno.test("a command that reads what is in the program may do nothing else", async () => {
  assertEquals(await leftAfter("node", "rules", "list"), "");
  assertEquals(await leftAfter("files", "rules", "list"), "");
});

Deno.test("what writes a file, or asks a node, is run with the permissions for that and does its work with them", async () => {
  const directory = await Deno.makeTempDir();
  try {
    assertEquals(await leftAfter("files", "rules", "export", `${directory}/rules`), "write");
    assertEquals((await Deno.stat(`${directory}/rules/policy.json`)).isFile, true);
    const tokens = `${directory}/tokens.json`;
    assertEquals(
      await leftAfter("files", "token", "create", "a", "--roles", "viewer", "--tokens", tokens),
      "write",
    );
    assertEquals(JSON.parse(await Deno.readTextFile(tokens)).length, 1);
    assertEquals(await leftAfter("client", "console", "link", "--port", "1"), "net");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
