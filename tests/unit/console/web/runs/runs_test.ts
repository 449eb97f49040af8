import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../../../../backends/backend.ts";
import { BackendUnavailable } from "../../../../../backends/errors.ts";
import { readLinesOf } from "../../../../../backends/event_store.ts";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../../../backends/memory/memory_store.ts";
import { WhatIfRuns } from "../../../../../console/web/runs/runs.ts";
import { recordedEvents } from "../../../../support/what_if/recorded_history.ts";

const shared = new MemoryStore();
shared.append(recordedEvents({ seed: "page", count: 150, lived: true }), "any");
const history = createMemoryBackend({ shared });

const asked = {
  ...{ by: "a.pprover", why: "the council asks", policy: { capacity_share: 0.5 } },
  ...{ changes: ["capacity_share 1 → 0.5"], sample: 1 },
};

/** A place for runs, and nodes that have it. */
class Place implements AsyncDisposable {
  readonly failures: unknown[] = [];
  readonly #nodes: WhatIfRuns[] = [];
  private constructor(readonly directory: string) {}

  static async make(): Promise<Place> {
    return new Place(await Deno.makeTempDir());
  }

  node(backend: Backend = history): WhatIfRuns {
    const onFailure = (error: unknown) => void this.failures.push(error);
    const options = { directory: this.directory, backend: () => Promise.resolve(backend), onFailure };
    const runs = new WhatIfRuns({ ...options, version: "1.2.3" });
    this.#nodes.push(runs);
    return runs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node.close();
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** A store that comes to a stop after its first lines, until it is let go on. */
function halting(): { readonly backend: Backend; readonly reached: Promise<void>; goOn(): void } {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const readLines = async function* () {
    const lines: string[] = [];
    for await (const some of readLinesOf(history)) lines.push(...some);
    for (let from = 0; from < lines.length; from += 100) {
      if (from === 300) {
        reached.resolve();
        await released.promise;
      }
      yield lines.slice(from, from + 100);
    }
  };
  const backend = new Proxy(history, {
    get: (target, name) => {
      if (name === "readLines") return readLines;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { backend, reached: reached.promise, goOn: released.resolve };
}

async function startedAt(runs: WhatIfRuns) {
  const run = await runs.start(asked);
  if (typeof run === "string") throw new Error(run);
  return run;
}

Deno.test("a run goes to its end in the background, and everybody sees what it came to", async () => {
  await using place = await Place.make();
  const [one, other] = [place.node(), place.node()];
  const { id } = await startedAt(one);
  assertEquals((await other.list()).map(({ id, state, by }) => [id, state, by]), [[
    id,
    "running",
    "a.pprover",
  ]]);
  await one.idle();
  const run = other.find(id)!;
  assertEquals([run.state, other.shareOf(run)], ["done", 1]);
  const { cases, complete, differences } = other.outcomeOf(run)!.result;
  assertEquals([cases, complete, differences > 0], [150, true, true]);
  assertEquals(place.failures, []);
});

Deno.test("a run that its node left goes on where it was, and comes to the same", async () => {
  await using place = await Place.make();
  const whole = place.node();
  const { id: first } = await startedAt(whole);
  await whole.idle();
  const { backend, reached, goOn } = halting();
  const node = place.node(backend);
  const { id } = await startedAt(node);
  await reached;
  const closing = node.close();
  goOn();
  await closing;
  const left = node.find(id)!;
  assertEquals([left.state, node.shareOf(left) > 0, node.shareOf(left) < 1], ["running", true, true]);
  const next = place.node();
  await next.resume();
  await next.idle();
  const done = next.find(id)!;
  assertEquals(done.state, "done");
  assertEquals(next.outcomeOf(done)?.figures, next.outcomeOf(next.find(first)!)?.figures);
});

Deno.test("figures of another version are no beginning: the run begins anew", async () => {
  await using place = await Place.make();
  const node = place.node();
  const { id } = await startedAt(node);
  await node.idle();
  const figures = node.outcomeOf(node.find(id)!)?.figures;
  const path = `${place.directory}/${id}.progress.json`;
  const kept = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...kept, countedBy: "another" }));
  await Deno.writeTextFile(
    `${place.directory}/${id}.run.json`,
    JSON.stringify({ ...node.find(id), state: "running" }),
  );
  await node.resume();
  await node.idle();
  assertEquals(node.outcomeOf(node.find(id)!)?.figures, figures);
});

Deno.test("one run at a time, and one node at it; who cancels it ends it for good", async () => {
  await using place = await Place.make();
  const { backend, reached, goOn } = halting();
  const [node, other] = [place.node(backend), place.node()];
  const { id } = await startedAt(node);
  await reached;
  assertEquals([await node.start(asked), await other.start(asked)], ["busy", "busy"]);
  await other.resume();
  assertEquals(other.cancel("none", { by: "x", why: "y" }), false);
  assertEquals(node.cancel(id, { by: "o.ther", why: "not needed" }), true);
  assertEquals(node.cancel(id, { by: "o.ther", why: "not needed" }), false);
  goOn();
  await node.idle();
  const { state, ended } = other.find(id)!;
  assertEquals([state, ended?.by, ended?.why], ["cancelled", "o.ther", "not needed"]);
  assertEquals(other.outcomeOf(other.find(id)!)?.result.complete, false);
  await other.resume();
  await other.idle();
  assertEquals(other.find(id)?.state, "cancelled");
});

Deno.test("a store that fails ends the run, and one that can't be reached does not", async () => {
  await using place = await Place.make();
  const failing = new Proxy(history, {
    get: (target, name) => {
      if (name === "lastPosition") return () => Promise.reject(new TypeError("broken"));
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const node = place.node(failing);
  const { id } = await startedAt(node);
  await node.idle();
  assertEquals([node.find(id)?.state, node.find(id)?.ended?.error], ["failed", "TypeError"]);
  assertEquals(place.failures.length, 1);
  const asks = Promise.withResolvers<void>();
  const unreachable = new WhatIfRuns({
    ...{
      directory: place.directory,
      version: "1.2.3",
      onFailure: (error) => void place.failures.push(error),
    },
    backend: () => {
      asks.resolve();
      return Promise.reject(new BackendUnavailable("away"));
    },
  });
  const waiting = await startedAt(unreachable);
  await asks.promise;
  await unreachable.close();
  assertEquals([unreachable.find(waiting.id)?.state, place.failures.length], ["running", 1]);
});

Deno.test("a run whose store is closed while its node stops is left as it is", async () => {
  await using place = await Place.make();
  const [reached, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
  const closing = new Proxy(history, {
    get: (target, name) => {
      if (name === "lastPosition") return () => (reached.resolve(), closed.promise);
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const node = place.node(closing);
  const { id } = await startedAt(node);
  await reached.promise;
  const stopped = node.close();
  closed.reject(new TypeError("the store is closed"));
  await stopped;
  assertEquals([node.find(id)?.state, place.failures], ["running", []]);
});

Deno.test("without a place nothing is begun, and no id leads out of it", async () => {
  const failures: unknown[] = [];
  const options = {
    backend: () => Promise.resolve(history),
    version: "1",
    onFailure: (e: unknown) => failures.push(e),
  };
  const nowhere = new WhatIfRuns({ ...options, directory: undefined });
  assertEquals([await nowhere.start(asked), await nowhere.list()], ["no_place", []]);
  const file = await Deno.makeTempFile();
  assertEquals(await new WhatIfRuns({ ...options, directory: `${file}/runs` }).start(asked), "no_place");
  await Deno.remove(file);
  await using place = await Place.make();
  for (const id of ["../../etc/passwd", "", "%2e%2e", "x".repeat(36)]) {
    assertEquals(place.node().find(id), undefined);
  }
  assert(failures.length === 0);
});
