/// <reference lib="deno.worker" />
/** A worker that hosts a workflow and its child. @module */
import { host } from "../../../actors/worker/host.ts";
import { intervention, quickHearing } from "./hearing.ts";

host([intervention, quickHearing]);
