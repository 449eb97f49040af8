import postgres from "postgres";
import { startPostgres } from "./postgres_server.ts";
import { Pgbouncer, findPgbouncer } from "./pgbouncer.ts";
import { Program } from "./program.ts";
const server = await startPostgres();
const pooler = await Pgbouncer.start((await findPgbouncer())!, server.port);
const url = await server.freshDatabase();
const node = Program.start(["start", "--url", url.replace(`:${server.port}/`, `:${pooler.port}/`), "--count", "500", "--until-idle", "--json", "--port", "0", "--pooler"]);
const sql = postgres(url, { max: 1, onnotice: () => {} });
for (let i = 0; i < 10; i++) {
  await new Promise((r) => setTimeout(r, 700));
  console.log("---", i, node.out.text.length);
  for (const r of await sql`select pid, state, wait_event_type w, wait_event e, (clock_timestamp()-query_start)::text as age, (clock_timestamp()-xact_start)::text as xage, left(regexp_replace(query, '\s+', ' ', 'g'), 110) q from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`) console.log(Object.values(r).join(" | "));
  if (i === 4) { const adm = postgres(`postgres://postgres@127.0.0.1:${pooler.port}/pgbouncer`, { max: 1, prepare: false, fetch_types: false });
   try { for (const r of await adm`show pools`.simple()) console.log(JSON.stringify(r)); for (const r of await adm`show clients`.simple()) console.log(r.state, r.wait, r.link, r.port);} catch (e) { console.log(String(e)); } await adm.end({timeout: 0}); }
}
console.log((await node.ended()).err);
await sql.end();
await pooler[Symbol.asyncDispose]();
await server[Symbol.asyncDispose]();
Deno.exit();
