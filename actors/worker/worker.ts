/// <reference lib="deno.worker" />
/** The worker: the one literal worker entry of the program. It runs with no permissions at all. @module */
import { processors } from "../application.ts";
import { host } from "./host.ts";

host(processors);
