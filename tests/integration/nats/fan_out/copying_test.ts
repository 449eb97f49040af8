/** The fan-out: what others get of the events, on which subjects, with which headers, and in which order. @module */
import { assertEquals } from "@std/assert";
import type { Backend } from "../../../../backends/backend.ts";
import type { FanOutOptions } from "../../../../backends/fan_out.ts";
import { openNats } from "../../../../backends/nats/nats_backend.ts";
import { anEvent } from "../../../support/events.ts";
import { readFannedOut, Subscriber } from "../../../support/fanned_out.ts";
import { readEvents } from "../../../support/nats_store_check.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats({ syncAlways: false });
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

/** A node that only copies. */
class CopyingNode implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  private constructor(readonly backend: Backend) {
    this.#running = backend.fanOut!.run(this.#stop.signal);
  }

  static async open(stream: string, fanOut: FanOutOptions = {}): Promise<CopyingNode> {
    return new CopyingNode(await openNats({ url: server.url, stream, partitions: 2, fanOut }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.backend.close();
  }
}

natsTest("each event comes once, in the order of the log, on the subject of its type", async () => {
  await using node = await CopyingNode.open("CASES");
  await using decisions = await Subscriber.open(server.url, "cases.decision");
  await node.backend.append([anEvent("a", 1), anEvent("b", 1), anEvent("a", 2, "case.decision")]);
  await node.backend.append([anEvent("c", 1), anEvent("b", 2, "case.decision")]);
  const stored = await readEvents(server.url);
  const copied = await readFannedOut(server.url, stored.length);
  assertEquals(
    copied.map(({ position, id, type, caseId, version }) => ({ position, id, type, caseId, version })),
    stored.map(({ position, id, type, caseId, version }) => ({ position, id, type, caseId, version })),
  );
  assertEquals((await decisions.until(2)).map(({ caseId }) => caseId).sort(), ["a", "b"]);
});
