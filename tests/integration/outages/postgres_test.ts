/** An idle node whose PostgreSQL goes away: it notices within five seconds, tells how long it lasted, and goes on at once. @module */
import postgres from "postgres";
import { caseIntake, PostgresEventPublisher } from "../../../backends/publishers.ts";
import { LoopbackProxy } from "../../support/servers/loopback_proxy.ts";
import { assertOutageIsReported } from "../../support/outage.ts";
import { signalServer, startPostgres } from "../../support/servers/postgres_server.ts";

/** Stores a case by the URL, past any proxy. */
async function publishCase(url: string): Promise<() => Promise<boolean>> {
  const case_id = crypto.randomUUID();
  const publisher = new PostgresEventPublisher(url);
  await publisher.publishAll([
    caseIntake({ case_id, citizen_bsn: "123456782", debt_amount: 1_000, debt_type: "huur" }),
  ]);
  await publisher.close();
  return async () => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    const rows = await sql`select from zaakstroom.events where case_id = ${case_id}`;
    await sql.end();
    return rows.length > 1;
  };
}

Deno.test("an idle node tells that its PostgreSQL was killed, and for how long", async () => {
  await using server = await startPostgres();
  const url = await server.freshStore(4);
  await assertOutageIsReported({
    store: ["--url", url],
    begin: () => server.kill9(),
    end: () => server.start(),
    publish: () => publishCase(url),
  });
});

Deno.test("an idle node tells of a black hole before its PostgreSQL, and for how long", async () => {
  await using server = await startPostgres();
  const url = await server.freshStore(4);
  await using proxy = new LoopbackProxy(server.port);
  await assertOutageIsReported({
    store: ["--url", url.replace(`:${server.port}/`, `:${proxy.port}/`)],
    begin: () => proxy.swallow(),
    end: () => proxy.forward(),
    publish: () => publishCase(url),
  });
});

Deno.test({
  name: "an idle node tells that its PostgreSQL was stopped, and for how long",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startPostgres();
    const url = await server.freshStore(4);
    try {
      await assertOutageIsReported({
        store: ["--url", url],
        begin: () => signalServer(server.pid, "SIGSTOP"),
        end: () => signalServer(server.pid, "SIGCONT"),
        publish: () => publishCase(url),
      });
    } finally {
      await signalServer(server.pid, "SIGCONT");
    }
  },
});
