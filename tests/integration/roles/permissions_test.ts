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

Deno.test("a command that reads what is in the program may do nothing else", async () => {
  assertEquals(await leftAfter("node", "rules", "list"), "");
  assertEquals(await leftAfter("offline", "rules", "list"), "");
});
