/**
 * A node that hosts a workflow and its child on the store whose URL is its first argument. With a type as its second one it kills
 * itself once it has forwarded an event of that type and before it has settled that. Otherwise it ends when the case of the parent
 * is over, and prints what both cases have. @module
 */
import { noopObserver } from "../../../actors/observer.ts";
import { Supervisor } from "../../../actors/supervisor.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { override } from "../../../backends/primitives/override.ts";
import { anEvent } from "../events.ts";
import { testSupervisorOptions } from "../misbehaving/runtime.ts";
import { intervention, quickHearing } from "./hearing.ts";

const CASE = "case-1";
const [url, killAfter] = Deno.args as [string, string?];
// Under one name, as its guardian would start it again: so it takes up its own leases at once.
const backend = url.startsWith("nats:")
  ? await openNats({ url, node: "doomed", partitions: 2 })
  : await openPostgres({ url, node: "doomed", partitions: 2, migrate: "apply" });
const doomed = override(backend, {
  async forward(events) {
    const result = await backend.forward(events);
    if (events.some(({ event_type }) => event_type === killAfter)) Deno.kill(Deno.pid, "SIGKILL");
    return result;
  },
});
const asked = Promise.withResolvers<void>();
const observer = {
  ...noopObserver,
  settled({ processor, outputs }: { processor: string; outputs: object }) {
    if (processor === intervention.name && "case.review_requested" in outputs) asked.resolve();
  },
};
const entry = new URL("./hearing_worker.ts", import.meta.url);
const options = { ...testSupervisorOptions, entry };
const supervisor = new Supervisor(doomed, [intervention, quickHearing], observer, options);
// The same event at every start: it is stored once.
await backend.append([anEvent(CASE, 1, "case.intervention_requested")]);
await supervisor.start();
await asked.promise;
await supervisor.stop(10_000);
for (const caseId of [CASE, `${CASE} hearing`]) {
  const events = await Array.fromAsync(backend.readCase(caseId));
  const types = events.map(({ event }) => event.event_type.replace("case.", ""));
  Deno.stdout.writeSync(new TextEncoder().encode(`${types.join(" ")}\n`));
}
await backend.close();
