/// <reference lib="deno.worker" />
/** The worker entry of the program, named literally where it is spawned. It runs with no permissions at all. @module */
// First, so that messages are its own before a module of a processor could listen.
import { host } from "./host.ts";
import { grantMandates, processors, type SystemMandate } from "../application.ts";

host(processors, (mandates) => grantMandates(mandates as readonly SystemMandate[]));
