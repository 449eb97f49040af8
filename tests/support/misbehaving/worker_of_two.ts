/// <reference lib="deno.worker" />
/** A worker that hosts the misbehaving processor, and one that takes what it makes. @module */
import { host } from "../../../actors/worker/host.ts";
import { misbehavingProcessor } from "./processor.ts";
import { reactingProcessor } from "./reacting_processor.ts";

host([misbehavingProcessor, reactingProcessor]);
