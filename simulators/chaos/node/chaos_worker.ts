/// <reference lib="deno.worker" />
/** The worker of chaos nodes: hosts the real processors, and misbehaves on order. @module */
// First, so that orders are heard before the host takes all messages.
import { withFaultHooks } from "./fault_hooks.ts";
import { processors } from "../../../actors/application.ts";
import { host } from "../../../actors/worker/host.ts";

host(processors.map(withFaultHooks));
