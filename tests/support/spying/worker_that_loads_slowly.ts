/// <reference lib="deno.worker" />
/** A worker whose modules are evaluated long after the first message to it has come. @module */
import { host } from "../../../actors/worker/host.ts";
import { misbehavingProcessor } from "../misbehaving/processor.ts";

await new Promise((resolve) => setTimeout(resolve, 500));
host([misbehavingProcessor]);
