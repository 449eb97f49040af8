/// <reference lib="deno.worker" />
/** A worker that hosts the processor that does nothing. @module */
import { host } from "../../../actors/worker/host.ts";
import { noop } from "./noop_processor.ts";

host([noop]);
