/** How a chaos node is started: from source, with a heap that can be filled within a second. @module */
import { fileURLToPath } from "node:url";
import type { NodePlan } from "./control.ts";

/** Megabytes of heap for a thread of a chaos node. */
const HEAP_MB = 112;

export function nodeCommand(plan: NodePlan): { command: string; args: string[] } {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const args = [
    "run",
    "--quiet",
    "--cached-only",
    "--no-prompt",
    `--v8-flags=--max-old-space-size=${HEAP_MB}`,
    "--config",
    path("../../deno.json"),
    "--permission-set=node",
    path("./node_entry.ts"),
    JSON.stringify(plan),
  ];
  return { command: Deno.execPath(), args };
}
