/** An idle node whose nats-server goes away: it notices within five seconds, tells how long it lasted, and goes on at once. @module */
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { caseIntake, NatsEventPublisher } from "../../../backends/publishers.ts";
import { assertOutageIsReported } from "../../support/outage.ts";
import { LoopbackProxy } from "../../support/servers/loopback_proxy.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

/** Stores a case by the URL, past any proxy. */
async function publishCase(url: string): Promise<() => Promise<boolean>> {
  const case_id = crypto.randomUUID();
  const publisher = await NatsEventPublisher.create(url);
  await publisher.publishAll([
    caseIntake({ case_id, citizen_bsn: "123456782", debt_amount: 1_000, debt_type: "huur" }),
  ]);
  await publisher.close();
  return async () => {
    const backend = await openNats({ url });
    const events = await Array.fromAsync(backend.readCase(case_id));
    await backend.close();
    return events.length > 1;
  };
}

natsTest("an idle node tells that its nats-server was killed, and for how long", async () => {
  await using server = await startNats();
  await assertOutageIsReported({
    store: ["--backend", "nats", "--url", server.url],
    begin: () => server.kill9(),
    end: () => server.start(),
    publish: () => publishCase(server.url),
  });
});

natsTest("an idle node tells of a black hole before its nats-server, and for how long", async () => {
  await using server = await startNats();
  await using proxy = new LoopbackProxy(Number(new URL(server.url).port));
  await assertOutageIsReported({
    store: ["--backend", "nats", "--url", `nats://127.0.0.1:${proxy.port}`],
    begin: () => proxy.swallow(),
    end: () => proxy.forward(),
    publish: () => publishCase(server.url),
  });
});

natsTest({
  name: "an idle node tells that its nats-server was stopped, and for how long",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using server = await startNats();
    const { pid } = server;
    try {
      await assertOutageIsReported({
        store: ["--backend", "nats", "--url", server.url],
        begin: () => Deno.kill(pid, "SIGSTOP"),
        end: () => Deno.kill(pid, "SIGCONT"),
        publish: () => publishCase(server.url),
      });
    } finally {
      Deno.kill(pid, "SIGCONT");
    }
  },
});
