import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import postgres from "postgres";
import type { Output } from "../../../console/cli/command.ts";
import { runCommandLine } from "../../../console/command_line.ts";
import { run } from "../../support/program.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

/** Runs a selftest in this process; answers its exit code and its lines. */
async function selftest(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const [out, err]: string[][] = [[], []];
  const output: Output = { out: (line) => out!.push(line), err: (line) => err!.push(line), terminal: false };
  const code = await runCommandLine(["selftest", "--workers", "2", ...args], output);
  return { code, out: out!, err: err! };
}

Deno.test("a selftest boots the workers and shows the history of one case, a line each", async () => {
  const { code, out, err } = await selftest("--backend", "memory");
  assertEquals([code, err], [0, []]);
  assertMatch(out[1]!, /^2 workers on memory: /);
  assertMatch(out[2]!, /^one case: case\.intake → case\.analysis → case\.decision → .*case\.completed$/);
  assertMatch(out.at(-1)!, /^Everything works/);
});

Deno.test("a selftest on a server runs in a database of its own, and removes it", async () => {
  await using server = await startPostgres({ fsync: false });
  const { code, out } = await selftest("--url", server.url);
  assertEquals(code, 0);
  assertStringIncludes(out.join("\n"), "PostgreSQL at 127.0.0.1");
  const sql = postgres(server.url, { max: 1 });
  const left = await sql`select datname from pg_database where not datistemplate`;
  const schemas = await sql`select 1 from pg_namespace where nspname = 'zaakstroom'`;
  await sql.end();
  assertEquals([left.map(({ datname }) => datname), schemas.length], [["postgres"], 0]);
});

Deno.test("a user who may not create databases is told so, in one line", async () => {
  await using server = await startPostgres({ fsync: false });
  const sql = postgres(server.url, { max: 1 });
  await sql`create role weak login`;
  await sql.end();
  const { code, err } = await selftest("--url", server.url.replace("postgres@", "weak@"));
  assertEquals([code, err.length], [1, 1]);
  assertStringIncludes(err[0]!, "grant CREATEDB");
});

Deno.test("a selftest that fails ends with exit code 1, and says why in its JSON too", async () => {
  const { code, out } = await selftest("--json", "--url", "postgres://nobody@127.0.0.1:1/none");
  assertEquals(code, 1);
  const { ok, failed } = JSON.parse(out.join(""));
  assertEquals(ok, false);
  assertStringIncludes(failed, "PostgreSQL is away");
});

Deno.test("a selftest that does not end in time fails", async () => {
  const { code, err } = await selftest("--backend", "memory", "--within", "1ms");
  assertEquals([code, err], [1, ["The selftest failed: not done in 1 ms"]]);
});

Deno.test("a selftest in a temporary directory takes nothing of the user's settings, and removes it", async () => {
  const TMPDIR = await Deno.makeTempDir();
  await Deno.chmod(TMPDIR, 0o711); // as root the database runs as another user, who must pass
  try {
    const env = { TMPDIR, ZAAKSTROOM_DATA_DIR: "/dev/null/never" };
    const { code, out, err } = await run(["selftest", "--workers", "1", "--json"], { env });
    assertEquals(code, 0, err);
    assertEquals(JSON.parse(out).ok, true);
    // The user's own directory, in which nodes leave a way to their console, stays; nothing is in it.
    const own = `zaakstroom-${Deno.uid()}`;
    const left = [...Deno.readDirSync(TMPDIR)].map(({ name }) => name);
    assertEquals(left.filter((name) => name !== own), []);
    if (left.includes(own)) assertEquals([...Deno.readDirSync(join(TMPDIR, own))], []);
  } finally {
    await Deno.remove(TMPDIR, { recursive: true });
  }
});
