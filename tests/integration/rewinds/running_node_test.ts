/** A processor is rewound while a node takes it through passes together with the others. */
import { assert, assertEquals } from "@std/assert";
import { processors } from "../../../actors/application.ts";
import { noopObserver } from "../../../actors/observer.ts";
import { defaultSupervisorOptions, Supervisor } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { generateCases } from "../../../simulators/case_generator.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

const ACT = { by: "jansen", why: "read all again" };

/** Passes that were settled, and whoever waits for one of them. */
class PassCount {
  #waiting = Promise.withResolvers<void>();

  readonly observer = { ...noopObserver, settled: () => this.#settled(), passSettled: () => this.#settled() };

  #settled(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }

  /** Waits until something holds, looking again whenever something was settled. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const { promise } = this.#waiting;
      if (await holds()) return;
      await promise;
    }
  }
}

async function rewindWhileRunning(backend: Backend): Promise<void> {
  const count = new PassCount();
  const options = { ...defaultSupervisorOptions(1), secret: backend.secret(), passes: true };
  const supervisor = new Supervisor(backend, processors, count.observer, options);
  const intakes = [...generateCases({ seed: "rewind", count: 40 })].map(({ event }) => event);
  const isIdle = async () => (await backend.health()).mailboxes.every(({ pending }) => pending === 0);
  const ids = async () => (await Array.fromAsync(backend.readAll())).map(({ event }) => event.event_id);
  await supervisor.start();
  try {
    await backend.append(intakes.slice(0, 20));
    await count.until(isIdle);
    const before = await ids();
    const result = await backend.rewinds.rewind("analysis", 1, ACT);
    assert(result.kind === "rewound" && result.partitions > 0);
    const isBack = async () =>
      (await backend.rewinds.progress("analysis"))
        .every(({ checkpoint, redeliversTo }) => checkpoint >= redeliversTo);
    await count.until(isBack);
    assertEquals(await ids(), before);
    await backend.append(intakes.slice(20));
    await count.until(isIdle);
    const decided = new Set<string>();
    for await (const { event } of backend.readAll({ types: ["case.decision", "case.review_requested"] })) {
      decided.add(event.correlation_id);
    }
    assertEquals(decided.size, 40);
    assertEquals(await backend.deadLetters.count(), 0);
  } finally {
    await supervisor.stop(10_000);
    await backend.close();
  }
}

Deno.test("a processor that is rewound while a node runs does all again beside the others, in memory", () =>
  rewindWhileRunning(createMemoryBackend({ partitions: 2, leaseMs: 1_000 })));

Deno.test("a processor that is rewound while a node runs does all again beside the others, on PostgreSQL", async () => {
  await using server = await startPostgres({ fsync: false });
  await rewindWhileRunning(await openPostgres({ url: await server.freshStore(), leaseMs: 1_000 }));
});
