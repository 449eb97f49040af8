/**
 * Prints how fast `events read` goes beside a bare cursor over the same rows, in turns; asserts nothing.
 * `deno run --allow-all tests/performance/history/events_read.ts [--cases 100000] [--rounds 3]`
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { Program } from "../../support/program.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

const { cases, rounds } = parseArgs(Deno.args, { default: { cases: 100_000, rounds: 3 } });

/** Every row by a cursor, as the driver gives it. */
async function bareCursor(url: string): Promise<number> {
  const sql = postgres(url, { max: 1 });
  let rows = 0;
  for await (
    const some
      of sql`select zaakstroom.delivery_line(e, 0, 0) as line from zaakstroom.events e order by e.position`
        .cursor(5_000)
  ) rows += some.length;
  await sql.end();
  return rows;
}

async function readAll(url: string): Promise<number> {
  const backend = await openPostgres({ url });
  let rows = 0;
  for await (const _ of backend.readAll()) rows++;
  await backend.close();
  return rows;
}

/** The command, from its start to its end, into nothing. */
async function command(url: string): Promise<number> {
  const program = new Deno.Command("sh", {
    args: ["-c", `deno run --quiet --permission-set=node main.ts events read --url '${url}' | wc -l`],
    stdout: "piped",
  });
  const { stdout } = await program.output();
  return Number(new TextDecoder().decode(stdout));
}

if (import.meta.main) {
  await using server = await startPostgres({ fsync: false });
  const url = await server.freshDatabase();
  await using filling = Program.start([
    "start",
    "--url",
    url,
    "--count",
    `${cases}`,
    "--until-idle",
    "--port",
    "0",
  ]);
  await filling.ended();
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries({ bareCursor, readAll, command })) {
      const began = performance.now();
      const rows = await way(url);
      const rate = Math.round(rows / (performance.now() - began) * 1000);
      // deno-lint-ignore no-console
      console.log(`${name}: ${rows} events, ${rate.toLocaleString("en")}/s`);
    }
  }
}
