import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { followUp } from "../../../../../actors/processors/follow_up.ts";
import {
  type CaseState,
  signalOf,
  signals,
  states,
  transition,
  transitions,
} from "../../../../../actors/reasoning/workflow/workflow.ts";
import { mermaid } from "../../../../../actors/workflow/workflow.ts";

function after(...path: string[]): CaseState {
  return path.reduce<CaseState>((state, signal) => {
    const next = transition(state, signal);
    if (next === undefined) throw new Error(`${state} does not take ${signal}`);
    return next;
  }, "new");
}

const isFinal = (state: CaseState) => state.startsWith("completed:");

Deno.test("the way of the brief leads from intake to completed", () => {
  assertEquals(
    after("case.intake", "case.analysis", "case.decision:payment_plan", "case.completed:resolved"),
    "completed:resolved",
  );
});

Deno.test("a case waits for a caseworker, is decided on, and runs as a plan", () => {
  const waiting = ["case.intake", "case.analysis", "case.review_requested"];
  assertEquals(after(...waiting, "case.term_expired"), "waiting_for_caseworker");
  const running = [...waiting, "case.decision:payment_plan", "case.payment_plan_created"];
  assertEquals(after(...running, "case.payment_received", "case.payment_missed"), "in_payment_plan");
});

Deno.test("a case withdrawn on the way takes nothing more, and ends", () => {
  const withdrawn = ["case.intake", "case.analysis", "case.decision:payment_plan", "case.withdrawn"];
  const state = after(...withdrawn);
  assertEquals(transition(state, "case.payment_plan_created"), undefined);
  assertEquals(after(...withdrawn, "case.completed:withdrawn"), "completed:withdrawn");
});

Deno.test("a decision on a completed case is refused", () => {
  assertEquals(transition("completed:resolved", "case.decision:collect"), undefined);
  assertEquals(transition("completed:resolved", "case.event_refused"), "completed:resolved");
  assertEquals(transition("new", "toString"), undefined);
});

Deno.test("the first decision to forgive and the first analysis count", () => {
  assertEquals(transition("forgiven", "case.decision:collect"), undefined);
  assertEquals(transition("analysed", "case.analysis"), undefined);
});

Deno.test("events become signals by their type, decision and outcome", () => {
  assertEquals(signalOf("case.decision", { decision: "forgive" }), "case.decision:forgive");
  assertEquals(signalOf("case.completed", { outcome: "escalated" }), "case.completed:escalated");
  assertEquals(signalOf("case.intake", {}), "case.intake");
});

Deno.test("no walk through the table makes an illegal transition, and refusals leave the state as it is", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...signals), { maxLength: 40 }), (walk) => {
    let state: CaseState = "new";
    for (const signal of walk) {
      const next = transition(state, signal);
      assertEquals(next !== undefined, signal in transitions[state]);
      state = next ?? state;
    }
  }));
});

Deno.test("every state is reached, and from every state an end is", () => {
  const reach = (from: CaseState): Set<CaseState> => {
    const seen = new Set<CaseState>([from]);
    for (const state of seen) for (const to of Object.values(transitions[state])) seen.add(to);
    return seen;
  };
  assertEquals(reach("new").size, states.length);
  for (const state of states) assert([...reach(state)].some(isFinal), state);
});

Deno.test("a case is completed exactly when nothing moves it any more, but what reopens it", () => {
  for (const state of states) {
    const leaves = Object.entries(transitions[state]).some(([signal, to]) =>
      to !== state && !signal.startsWith("case.reopened:")
    );
    assertEquals(isFinal(state), !leaves);
  }
});

Deno.test("the workflow in the documentation is the one in the code", async () => {
  const page = await Deno.readTextFile(
    new URL("../../../../../actors/reasoning/workflow/WORKFLOW.md", import.meta.url),
  );
  assertStringIncludes(page, "```mermaid\n" + mermaid(followUp.chart).trimEnd() + "\n```");
});
