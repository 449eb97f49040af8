/// <reference lib="deno.worker" />
/** A worker that hosts the odd processor. @module */
import { host } from "../../../actors/worker/host.ts";
import { misbehavingProcessor } from "./processor.ts";

host([misbehavingProcessor]);
