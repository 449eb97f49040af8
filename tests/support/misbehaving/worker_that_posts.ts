/// <reference lib="deno.worker" />
/** A worker whose handlers have kept a way to post messages of their own. @module */
import { host } from "../../../actors/worker/host.ts";
import { misbehavingProcessor } from "./processor.ts";

globalThis.keptPost = self.postMessage.bind(self);
host([misbehavingProcessor]);
