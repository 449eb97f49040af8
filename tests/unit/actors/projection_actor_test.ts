/** The actor of read models: a store that refuses them is reported with what to do, and ends nothing else. @module */
import { assertEquals } from "@std/assert";
import { projectedModels } from "../../../actors/case_list.ts";
import { restMs, superviseProjections } from "../../../actors/projection_actor.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { override } from "../../../backends/primitives/override.ts";
import { BackendUnusable } from "../../../backends/errors.ts";
import { anEvent } from "../../support/events.ts";

const projected = projectedModels();

Deno.test("what is stored comes into the read models, and they end when they are asked to", async () => {
  const backend = createMemoryBackend();
  await backend.append([anEvent("a", 1)]);
  const served = Promise.withResolvers<void>();
  const models = override(backend.models!, {
    serve: async (build, differences) => {
      await backend.models!.serve(build, differences);
      if ((await backend.models!.builds()).every(({ state }) => state === "serving")) served.resolve();
    },
  });
  const supervisor = superviseProjections({
    models: Promise.resolve(models),
    projected,
    node: "one",
    onCrash() {},
  });
  await served.promise;
  supervisor.stop();
  assertEquals((await supervisor.ended).kind, "shutdown");
  assertEquals([...(await backend.models!.pending()).values()], [0, 0]);
  await backend.close();
});

Deno.test("a store that refuses read models is reported in its own words", async () => {
  const backend = createMemoryBackend();
  const refusal = "PostgreSQL refuses (42501 insufficient privilege): grant the role its rights";
  const models = override(backend.models!, { begin: () => Promise.reject(new BackendUnusable(refusal)) });
  const crash = Promise.withResolvers<string>();
  const supervisor = superviseProjections({
    ...{ models: Promise.resolve(models), projected, node: "one" },
    onCrash: crash.resolve,
  });
  assertEquals(await crash.promise, refusal);
  supervisor.stop();
  await supervisor.ended;
  await backend.close();
});

Deno.test("where a store keeps no read models there is nothing to do", async () => {
  const models = Promise.resolve(undefined);
  const supervisor = superviseProjections({ models, projected, node: "one", onCrash() {} });
  supervisor.stop();
  assertEquals((await supervisor.ended).kind, "shutdown");
});

Deno.test("a step rests so that mailboxes come first, and not so long that it falls behind on a busy machine", () => {
  assertEquals([restMs("behind", 10), restMs("behind", 10_000)], [90, 500]);
  assertEquals([restMs("moved", 10), restMs("idle", 10)], [250, 2_000]);
});
