/// <reference lib="deno.worker" />
/** The worker of a node with `--demo-faults`. It runs with no permissions at all, as any other. @module */
// First, so that messages are its own before a module of a processor could listen.
import { host } from "../../actors/worker/host.ts";
import { grantMandates, processors, type SystemMandate } from "../../actors/application.ts";
import { withDemoFaults } from "./demo_faults.ts";

const began = performance.now();

host(
  processors.map((processor) => withDemoFaults(processor, () => performance.now() - began)),
  (mandates) => grantMandates(mandates as readonly SystemMandate[]),
);
