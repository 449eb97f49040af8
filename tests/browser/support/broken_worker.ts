/// <reference lib="deno.worker" />
/** A worker of a version that was broken: its analysis can't do without an income, and fails at every case. @module */
import { processors } from "../../../actors/application.ts";
import type { AnyProcessor } from "../../../actors/processor.ts";
import { host } from "../../../actors/worker/host.ts";

const broken = (processor: AnyProcessor): AnyProcessor =>
  processor.name !== "analysis" ? processor : {
    ...processor,
    handle() {
      throw new TypeError("Cannot read properties of undefined (reading 'monthly_income')");
    },
  };

host(processors.map(broken));
