/** How a chaos node is started: from source, or by the compiled program itself. @module */
import { fileURLToPath } from "node:url";
import type { SenderPlan } from "../senders/sender_plan.ts";
import type { NodePlan } from "./control_protocol.ts";

/** Megabytes of heap for a thread of a node whose heap is to blow up: it is filled within a second. */
const SMALL_HEAP_MB = 72;

/** The first argument by which a compiled program runs a chaos node; see main.ts. */
const COMPILED_ENTRY = "chaos-node";

export function nodeCommand(plan: NodePlan | SenderPlan): { command: string; args: string[] } {
  return { command: Deno.execPath(), args: [...entryArgs(plan), JSON.stringify(plan)] };
}

function entryArgs(plan: NodePlan | SenderPlan): readonly string[] {
  if (Deno.build.standalone) return [COMPILED_ENTRY];
  const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
  const flags = ["--quiet", "--cached-only", "--no-prompt", "--config", config];
  // Only there: other flags than usual make V8 compile everything anew.
  if ("smallHeap" in plan && plan.smallHeap) flags.push(`--v8-flags=--max-old-space-size=${SMALL_HEAP_MB}`);
  return ["run", ...flags, "--permission-set=node", plan.entry];
}
