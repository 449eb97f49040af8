/// <reference lib="deno.worker" />
/** A worker with a processor that looks for the secret of the store, wherever code in its thread can look. @module */
import { host } from "../../../actors/worker/host.ts";
import { spyingProcessor } from "./processor.ts";

host([spyingProcessor]);
