/** What a node takes of the leases that are free, asked of PostgreSQL itself. @module */
import { assertEquals } from "@std/assert";
import postgres from "postgres";
import { openPostgres } from "../../../../backends/postgres/postgres_backend.ts";
import { startPostgres } from "../../../support/servers/postgres_server.ts";

Deno.test("of sixteen free partitions a node beside another takes eight at once, and renews what it holds of them", async () => {
  await using server = await startPostgres();
  const url = await server.freshDatabase();
  await (await openPostgres({ url, migrate: "apply", partitions: 16 })).close();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`insert into zaakstroom.nodes values ('one', now()), ('two', now())`;
    await sql`insert into zaakstroom.subscriptions (processor, partition, owner, lease_until)
      select 'intake', i, 'one', now() from generate_series(0, 15) i`;
    const taken = await sql`select partition, share from zaakstroom.take_leases('intake', 'one', 5000, '{}')`;
    assertEquals(taken.map(({ share }) => share), Array(8).fill(8));
    const held = await sql`select from zaakstroom.subscriptions where epoch > 0`;
    assertEquals(held.length, 8);
    // Two of them under the epoch of before, and one that it gave back meanwhile.
    await sql`select zaakstroom.release_lease('intake', 2::smallint, 1)`;
    const renewed = await sql`select partition from zaakstroom.renew_leases('one', 60000,
      '{intake,intake,intake,intake}', '{0,1,2,3}', '{0,0,1,1}')`;
    assertEquals(renewed.map(({ partition }) => partition), [3]);
    const long =
      await sql`select partition from zaakstroom.subscriptions where lease_until > now() + interval '50 s'`;
    assertEquals(long.map(({ partition }) => partition), [3], "no other lease runs longer than before");
  } finally {
    await sql.end();
  }
});
