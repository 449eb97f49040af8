/** The quick starts of the brief, with the setup that comes before them: its Python, said in TypeScript and run. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { blockBelow } from "../../support/brief/blocks.ts";
import { cleanEnv, run } from "../../support/program.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const SCHEMA = "schema/postgres/schema.sql";
const ROOT = new URL("../../../", import.meta.url);

/** The words of Python that TypeScript says otherwise, in their order; what is between them stays as it is. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [
    /^from (postgres|nats)\.publisher import (\w+)$/m,
    'import { caseIntake, $2 } from "@zaakstroom/zaakstroom";',
  ],
  [/^from shared\.events import CaseIntakeEvent\n/m, ""],
  [/^# /gm, "// "],
  [/^publisher = PostgresEventPublisher\(/m, "const publisher = new PostgresEventPublisher("],
  [/^publisher = await /m, "const publisher = await "],
  [/^event = CaseIntakeEvent\(\n([^]*?)\n\)$/m, "const event = caseIntake({\n$1\n});"],
  [/^( {4}\w+)=/gm, "$1: "],
  [/^(await )?publisher\.publish\(event\)$/m, "await publisher.publish(event);\nawait publisher.close();"],
];

/** A quick start in TypeScript. */
function inTypeScript(python: string): string {
  return SAID.reduce((text, [python, typescript]) => text.replace(python, typescript), python);
}

/** Runs it as a program of somebody's own. */
async function runProgram(text: string, env: Record<string, string> = {}): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", "--config", "deno.json", "--ext=ts", "-"],
    cwd: ROOT,
    env: cleanEnv(env),
    clearEnv: true,
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const writer = command.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stderr } = await command.output();
  assertEquals(code, 0, `${text}\n${new TextDecoder().decode(stderr)}`);
}

async function assertStored(...options: string[]): Promise<void> {
  const { code, out, err } = await run(["cases", "show", "123", "--json", ...options]);
  assertEquals(code, 0, err);
  assertMatch(out, /"event_type":"case\.intake"[^]*"debt_amount":500\.?0*,"debt_type":"parkeerboete"/);
}

/** By psql as the brief has it, where there is one. */
async function loadSchema(url: string, env: Record<string, string>): Promise<void> {
  const args = ["-d", "schulden", "-f", SCHEMA];
  const command = new Deno.Command("psql", {
    args: ["-q", "-v", "ON_ERROR_STOP=1", ...args],
    cwd: ROOT,
    env,
  });
  const ran = await command.output().catch(() => undefined);
  if (ran !== undefined) assertEquals(ran.code, 0, new TextDecoder().decode(ran.stderr));
  else assertEquals((await run(["setup", "--url", url])).code, 0);
}

Deno.test("the quick start of PostgreSQL stores its event in the database of its URL, in which psql has made the store", async () => {
  await using server = await startPostgres({ fsync: false });
  await server.administer("create database schulden");
  const url = server.url.replace(/\/postgres$/, "/schulden");
  // The URL of the brief names neither port nor user: what it leaves out comes from the environment, as libpq has it.
  const env = { PGPORT: String(server.port), PGUSER: "postgres" };
  await loadSchema(url, { ...env, PGHOST: "127.0.0.1" });
  const program = inTypeScript(blockBelow("PostgreSQL Example"));
  assertMatch(program, /new PostgresEventPublisher\("postgresql:\/\/localhost\/schulden"\)/);
  await runProgram(program, env);
  await assertStored("--url", url);
});

natsTest(
  "the quick start of JetStream stores its event on a server that was set up as the brief does",
  async () => {
    // As `nats-server -js` starts it, on a port of its own.
    await using server = await startNats({ syncAlways: false });
    const made = await run(["setup", "--backend", "nats", "--url", server.url]);
    assertEquals(made.code, 0, made.err);
    const program = inTypeScript(blockBelow("NATS Example"));
    assertMatch(program, /NatsEventPublisher\.create\("nats:\/\/localhost:4222"\)/);
    await runProgram(program.replace("nats://localhost:4222", server.url));
    await assertStored("--backend", "nats", "--url", server.url);
  },
);
