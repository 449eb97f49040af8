/// <reference lib="deno.worker" />
/** The worker entry of the program, named literally where it is spawned. It runs with no permissions at all. @module */
import { processors } from "../application.ts";
import { host } from "./host.ts";

host(processors);
