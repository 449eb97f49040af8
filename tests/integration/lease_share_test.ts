/** What a node takes of the leases that are free, asked of PostgreSQL itself. @module */
import { assertEquals } from "@std/assert";
import postgres from "postgres";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { startPostgres } from "../support/postgres_server.ts";

Deno.test("of sixteen partitions that are all free a node beside another takes eight at once, and no more", async () => {
  await using server = await startPostgres();
  const url = await server.freshDatabase();
  await (await openPostgres({ url, partitions: 16 })).close();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`insert into zaakstroom.nodes values ('one', now()), ('two', now())`;
    await sql`insert into zaakstroom.subscriptions (processor, partition, owner, lease_until)
      select 'intake', i, 'one', now() from generate_series(0, 15) i`;
    const taken = await sql`select partition, share from zaakstroom.take_leases('intake', 'one', 5000, '{}')`;
    assertEquals(taken.map(({ share }) => share), Array(8).fill(8));
    const held = await sql`select from zaakstroom.subscriptions where epoch > 0`;
    assertEquals(held.length, 8);
  } finally {
    await sql.end();
  }
});
