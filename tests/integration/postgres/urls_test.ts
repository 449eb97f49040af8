/** URLs as libpq reads them, tried on real servers. @module */
import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { setUpPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { caseIntake, PostgresEventPublisher } from "../../../backends/publishers.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

/** Whether this machine has an IPv6 loopback; containers may have none. */
const hasIpv6 = (() => {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
})();

let server: TestPostgres;
/** A server with TLS. */
let encrypted: TestPostgres;
/** A database with a store on either. */
let database: string;
let encryptedDatabase: string;

Deno.test.beforeAll(async () => {
  const options = { fsync: false, ...(hasIpv6 ? { listen: "127.0.0.1,::1" } : {}) };
  server = await startPostgres(options);
  encrypted = await startPostgres(options);
  database = nameOf(await server.freshStore());
  encryptedDatabase = nameOf(await encrypted.freshStore());
  await encrypted.encrypt();
});
Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await encrypted[Symbol.asyncDispose]();
});

const nameOf = (url: string): string => new URL(url).pathname.slice(1);
const ca = fileURLToPath(new URL("../../support/servers/tls/ca.pem", import.meta.url));
const list = (url: string, ...more: string[]) => runHere(["cases", "list", "--url", url, ...more]);

/** A port on which nothing listens. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function assertWorks(url: string, ...more: string[]): Promise<void> {
  const { code, err } = await list(url, ...more);
  assertEquals([code, err], [0, ""], url);
}

Deno.test("a unix socket is reached by a host parameter, and by an encoded host", async () => {
  const directory = server.socketDir;
  await assertWorks(`postgres:///${database}?host=${directory}&port=${server.port}&user=postgres`);
  await assertWorks(`postgres://postgres@${encodeURIComponent(directory)}:${server.port}/${database}`);
});

Deno.test({
  name: "an IPv6 address in brackets is dialled, by commands and by publishers",
  ignore: !hasIpv6,
  async fn() {
    const url = `postgres://postgres@[::1]:${server.port}/${database}`;
    await assertWorks(url);
    const publisher = new PostgresEventPublisher(url);
    const intake = { case_id: "v6", citizen_bsn: "123456782", debt_amount: 1_000, debt_type: "huur" };
    assertEquals((await publisher.publish(caseIntake(intake))).stored, 1);
    await publisher.close();
  },
});

Deno.test("the name of a database is decoded", async () => {
  await server.administer(`create database "zaak dossier"`);
  const url = `postgres://postgres@127.0.0.1:${server.port}/zaak%20dossier`;
  await setUpPostgres({ url });
  await assertWorks(url);
});

Deno.test("without a user in the URL PGUSER is taken, and else the account's name, whatever USER is", async () => {
  const url = `postgres://127.0.0.1:${server.port}/${database}`;
  const named = await run(["cases", "list", "--url", url], { env: { PGUSER: "postgres" } });
  assertEquals(named.code, 0, named.err);
  // The account of the tests has no role on the server: its name reaches it, and it says so.
  assertRefused(await run(["cases", "list", "--url", url]), exitCodes.unusable, /28000.*check the user/);
});

Deno.test("libpq's default for what a session may be has no effect", async () => {
  const url = `postgres://postgres@127.0.0.1:${server.port}/${database}`;
  const { code, err } = await run(["cases", "list", "--url", url], { env: { PGTARGETSESSIONATTRS: "any" } });
  assertEquals([code, err], [0, ""]);
});

Deno.test("of several servers the first that answers and suits is taken", async () => {
  const second = `127.0.0.1:${server.port}/${database}`;
  await assertWorks(`postgres://postgres@127.0.0.1:${closedPort()},${second}`);
  await assertWorks(
    `postgres://postgres@127.0.0.1:${closedPort()},${second}?target_session_attrs=read-write`,
  );
  await using readOnly = await startPostgres({ fsync: false });
  await readOnly.administer("alter database postgres set default_transaction_read_only = on");
  await server.administer("alter database postgres set default_transaction_read_only = off");
  const both = `postgres://postgres@127.0.0.1:${readOnly.port},127.0.0.1:${server.port}/postgres`;
  await setUpPostgres({ url: `${both}?target_session_attrs=read-write` });
  await assertWorks(server.url);
  const unsuited = await list(`${both}?target_session_attrs=standby`);
  assertRefused(unsuited, exitCodes.unavailable, /no server of the URL is standby/);
});

const overTls = (parameters: string, host = "127.0.0.1") =>
  `postgres://postgres@${host}:${encrypted.port}/${encryptedDatabase}?${parameters}`;

Deno.test("TLS is asked for, and the server verified, as far as sslmode says", async () => {
  await assertWorks(overTls("sslmode=prefer"));
  await assertWorks(overTls("sslmode=require"));
  await assertWorks(overTls(`sslmode=verify-full&sslrootcert=${ca}`));
  await assertWorks(overTls(`sslmode=verify-full&sslrootcert=${ca}`, "localhost"));
  await assertWorks(overTls(""), "--tls-ca", ca);
});

Deno.test("a connection is encrypted where the server can, and plain where the URL says so", async () => {
  const ssl = async (parameters: string) => {
    const client = new PostgresClient({ url: overTls(parameters) }, { connections: 1 });
    const [row] = await client.run((sql) => sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`);
    await client.close();
    return row!["ssl"];
  };
  assertEquals(await Promise.all(["", "sslmode=require", "sslmode=disable"].map(ssl)), [true, true, false]);
});

Deno.test("a server that can't be verified is refused, with what to do", async () => {
  const untrusted = /^PostgreSQL's certificate is not trusted \(.*--tls-ca FILE, or sslrootcert=FILE/;
  assertRefused(await list(overTls("sslmode=verify-full")), exitCodes.unusable, untrusted);
  assertRefused(await list(overTls("sslmode=verify-ca")), exitCodes.unusable, untrusted);
  const missing = await list(overTls("sslmode=verify-ca&sslrootcert=/no/such.pem"));
  assertRefused(missing, exitCodes.unusable, /the file \/no\/such\.pem can't be read \(NotFound\)/);
  const plain = `postgres://postgres@127.0.0.1:${server.port}/${database}?sslmode=require`;
  assertRefused(
    await list(plain),
    exitCodes.unusable,
    /the server has no TLS, and sslmode=require asks for it/,
  );
});

Deno.test({
  name: "a certificate for another host is refused by verify-full alone",
  ignore: !hasIpv6,
  async fn() {
    const other = overTls(`sslrootcert=${ca}`, "[::1]");
    assertRefused(await list(`${other}&sslmode=verify-full`), exitCodes.unusable, /is for another host/);
    await assertWorks(`${other}&sslmode=verify-ca`);
  },
});

/** Servers of other kinds: each says its word at once, or when it was sent something. */
const OTHER_SERVERS = {
  "NATS": { speaks: 'INFO {"server_id":"x"}\r\n', first: true },
  "HTTP": { speaks: "HTTP/1.1 400 Bad Request\r\n\r\n", first: false },
};

for (const [name, { speaks, first }] of Object.entries(OTHER_SERVERS)) {
  for (const sslmode of ["disable", "prefer"]) {
    Deno.test(`a ${name} server is told from PostgreSQL at once, with sslmode=${sslmode}`, async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const answers = (async () => {
        for await (const connection of listener) {
          if (!first) await connection.read(new Uint8Array(1_024)).catch(() => {});
          await connection.write(new TextEncoder().encode(speaks)).catch(() => {});
          connection.close();
        }
      })();
      const from = performance.now();
      const { code, err } = await list(
        `postgres://u@127.0.0.1:${listener.addr.port}/db?sslmode=${sslmode}&connect_timeout=60`,
      );
      assertLess(performance.now() - from, 30_000);
      assertEquals(code, exitCodes.unavailable);
      assertMatch(err, /^Can't connect to PostgreSQL: what answers there is not PostgreSQL: [^\n]*$/);
      listener.close();
      await answers;
    });
  }
}
