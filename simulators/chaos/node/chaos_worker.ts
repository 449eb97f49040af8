/// <reference lib="deno.worker" />
/** The worker of chaos nodes: hosts the real processors, and misbehaves on order. @module */
import { processors } from "../../../actors/application.ts";
import { host } from "../../../actors/worker/host.ts";
import { listenForOrders, withFaultHooks } from "./fault_hooks.ts";

listenForOrders();
host(processors.map(withFaultHooks));
