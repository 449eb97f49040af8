/** How a chaos node is started: from source. @module */
import { fileURLToPath } from "node:url";
import type { NodePlan } from "./control_protocol.ts";

/** Megabytes of heap for a thread of a node whose heap is to blow up: it is filled within a second. */
const SMALL_HEAP_MB = 72;

export function nodeCommand(plan: NodePlan): { command: string; args: string[] } {
  const args = [
    "run",
    "--quiet",
    "--cached-only",
    "--no-prompt",
    // Only there: other flags than usual make V8 compile everything anew.
    ...(plan.smallHeap ? [`--v8-flags=--max-old-space-size=${SMALL_HEAP_MB}`] : []),
    "--config",
    fileURLToPath(new URL("../../../deno.json", import.meta.url)),
    "--permission-set=node",
    plan.entry,
    JSON.stringify(plan),
  ];
  return { command: Deno.execPath(), args };
}
