/// <reference lib="deno.worker" />
/** A worker that hosts the misbehaving processor. @module */
import { host } from "../../../actors/worker/host.ts";
import { misbehavingProcessor } from "./processor.ts";

host([misbehavingProcessor]);
