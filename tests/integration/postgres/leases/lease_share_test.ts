/** What a node takes of the leases that are free, and what it costs, asked of PostgreSQL itself. @module */
import { assertEquals } from "@std/assert";
import postgres from "postgres";
import { PostgresClient } from "../../../../backends/postgres/connection/client.ts";
import { migrate } from "../../../../backends/postgres/setup/migrate.ts";
import { functionFiles, tableChanges } from "../../../../schema/postgres/sql_files.ts";
import { openPostgres } from "../../../../backends/postgres/postgres_backend.ts";
import { startPostgres, type TestPostgres } from "../../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const NAMES = "{analysis,intake}";

Deno.test("partitions are taken with all processors at once, and renewed by a row each while they are held", async () => {
  const url = await server.freshDatabase();
  await (await openPostgres({ url, migrate: "apply", partitions: 4 })).close();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const take = (node: string, partitions: string, names = NAMES) =>
    sql`select partition, epoch::int, processor, crashed from zaakstroom.take_leases(${node}, 5000, ${partitions}, ${names})
      where processor is not null order by partition, processor`;
  try {
    const taken = await take("one", "{0,1}");
    assertEquals(
      taken.map(({ partition, processor, epoch, crashed }) => [partition, processor, epoch, crashed]),
      [
        [0, "analysis", 1_000_000, false],
        [0, "intake", 1_000_000, false],
        [1, "analysis", 1_000_000, false],
        [1, "intake", 1_000_000, false],
      ],
    );
    assertEquals((await take("two", "{0,1,2}")).map(({ partition }) => partition), [2, 2]);
    // One of them under the epoch of before, and one that it gave back meanwhile.
    await sql`select zaakstroom.release_lease(1::smallint, '', 1000000, ${NAMES})`;
    const renewed = await sql`select partition from zaakstroom.renew_leases('one', 60000, ${NAMES},
      '{0,1,2}', '{"","",""}', '{1000000,1000000,0}')`;
    assertEquals(renewed.map(({ partition }) => partition), [0]);
    const long =
      await sql`select partition from zaakstroom.leases where lease_until > now() + interval '50 s'`;
    assertEquals(long.map(({ partition }) => partition), [0], "no other lease runs longer than before");
    const [again] = await take("one", "{0}");
    assertEquals([again!.epoch, again!.crashed], [2_000_000, true], "an earlier life gave nothing back");
  } finally {
    await sql.end();
  }
});

Deno.test("a processor is leased alone where the holder does not host it, and joins the lease once it is given back (I5)", async () => {
  const url = await server.freshDatabase();
  await (await openPostgres({ url, migrate: "apply", partitions: 4 })).close();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const alone = async (node: string, processor: string) =>
    (await sql`select epoch::int from zaakstroom.take_alone(${node}, 5000, '{0}', ${[processor]})`)
      .map(({ epoch }) => epoch);
  const join = async (processor: string) =>
    (await sql`select epoch::int from zaakstroom.join_leases('one', '{0}', '{1000000}', ${[processor]})`)
      .map(({ epoch }) => epoch);
  try {
    assertEquals(await alone("two", "analysis"), [], "nobody has the partition");
    await sql`select zaakstroom.take_leases('one', 5000, '{0}', '{intake}')`;
    assertEquals(await alone("two", "intake"), [], "it is hosted");
    assertEquals(await alone("two", "analysis"), [1]);
    assertEquals(await join("analysis"), [], "it is leased alone");
    assertEquals(await alone("three", "analysis"), []);
    await sql`select zaakstroom.release_lease(0::smallint, 'analysis', 1, '{analysis}')`;
    assertEquals(await join("analysis"), [1_000_000]);
    assertEquals(await alone("two", "analysis"), []);
  } finally {
    await sql.end();
  }
});

Deno.test("a store of before has its leases by partition from then on, and fences those who run still (I5)", async () => {
  const url = await server.freshDatabase();
  const apply = async (changes: typeof tableChanges) => {
    const client = new PostgresClient({ url }, { connections: 1 });
    await migrate(client, { mode: "apply", partitions: 4 }, { changes, functions: functionFiles });
    await client.close();
  };
  await apply(tableChanges.slice(0, 1));
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const mark = { first: 1, last: 1, exclusive: true };
    await sql`insert into zaakstroom.subscriptions (processor, partition, owner, epoch, lease_until, in_flight)
      values ('intake', 0, 'runs', 7, now() + interval '1 h', ${sql.json(mark)}),
        ('intake', 1, 'died', 7, now() - interval '1 h', ${sql.json(mark)})`;
    await apply(tableChanges);
    const settle =
      await sql`select zaakstroom.settle('intake', 0::smallint, 7, 0, 1, null, null, null, null) as verdict`;
    assertEquals(settle[0]!["verdict"], "fenced");
    const taken = await sql`select partition, epoch::int, crashed, in_flight
      from zaakstroom.take_leases('new', 5000, '{0,1}', '{intake}') where processor is not null order by partition`;
    assertEquals(taken.map((row) => Object.values(row)), [[0, 1_000_000, false, null], [
      1,
      1_000_000,
      true,
      mark,
    ]]);
  } finally {
    await sql.end();
  }
});
