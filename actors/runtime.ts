/**
 * What it takes to run processors in a program of one's own: a backend, a supervisor, and a worker file that hosts the
 * processors (`actors/worker/host.ts` shows it). Its `deno.json` links to the folder of this package:
 *
 * ```json
 * {
 *   "links": ["../zaakstroom"],
 *   "imports": { "@zaakstroom/zaakstroom": "jsr:@zaakstroom/zaakstroom@^0.1.0" },
 *   "unstable": ["worker-options"],
 *   "nodeModulesDir": "none"
 * }
 * ```
 *
 * ```ts
 * // main.ts
 * import { EventPublisher } from "@zaakstroom/zaakstroom";
 * import {
 *   createMemoryBackend,
 *   defaultSupervisorOptions,
 *   noopObserver,
 *   type Observer,
 *   Supervisor,
 * } from "@zaakstroom/zaakstroom/runtime";
 * import { arrears } from "./arrears.ts";
 *
 * const backend = createMemoryBackend(); // Or: await openPostgres({ url: "postgresql://localhost/schulden" })
 * const review = Promise.withResolvers<void>();
 * const observer: Observer = {
 *   ...noopObserver,
 *   settled: ({ outputs }) => "case.review_requested" in outputs && review.resolve(),
 * };
 * const entry = new URL("./worker.ts", import.meta.url);
 * const supervisor = new Supervisor(backend, [arrears], observer, { ...defaultSupervisorOptions(2), entry });
 * await supervisor.start();
 *
 * const publisher = new EventPublisher(() => Promise.resolve(backend));
 * for (const instalment of [1, 2]) {
 *   await publisher.publish({ event_type: "case.payment_missed", data: { case_id: "123", instalment } });
 * }
 * await review.promise;
 *
 * await supervisor.stop(10_000);
 * await publisher.close(); // It closes the backend too.
 * for await (const { version, event } of backend.readCase("123")) console.log(version, event.event_type);
 * ```
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import type { NatsOptions } from "../backends/nats/setup/options.ts";

export type { Backend } from "../backends/backend.ts";
export { createMemoryBackend, type MemoryBackendOptions } from "../backends/memory/memory_backend.ts";
export { openPostgres } from "../backends/postgres/postgres_backend.ts";
export type { PostgresOptions } from "../backends/postgres/setup/options.ts";
export { loadTracing } from "../backends/tracing/load_tracing.ts";
export { type FailurePolicy, policySchema } from "./failures/failure_policy.ts";
export { noopObserver, type Observer } from "./observer.ts";
export { defaultSupervisorOptions, Supervisor, type SupervisorOptions } from "./supervisor.ts";

/** Opens a store on NATS JetStream. Loads its client only now, for programs on another store. */
export async function openNats(options: NatsOptions): Promise<Backend> {
  return await (await import("../backends/nats/nats_backend.ts")).openNats(options);
}
