import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CLOSED,
  type MailboxInput,
  type MailboxState,
  permitOf,
  transition,
} from "../../../../backends/mailbox/mailbox_state.ts";
import type { Fetched } from "../../../../backends/mailbox/mailbox_store.ts";

const permit = () => {};
const batch = { kind: "fresh", lines: new Uint8Array(), count: 1, from: 4, to: 5 } as const;
const found: Fetched = { kind: "fetched", batch, checkpoint: 4, nextDueMs: 70 };
const nothing: Fetched = { kind: "fetched", batch: undefined, checkpoint: 4, nextDueMs: 70 };
const redelivery: Fetched = { ...found, batch: { ...batch, kind: "redelivery" } };

const processing = {
  kind: "processing",
  fetched: found,
  permit,
  notified: false,
  batch,
  settledTo: 4,
  allDone: true,
} as const;
const done = { ...processing, settledTo: 5 };
const states = {
  closed: CLOSED,
  waiting: { kind: "polling", notified: false },
  fetching: { kind: "polling", permit, notified: false },
  notified: { kind: "polling", permit, notified: true },
  idle: { kind: "idle", timeoutMs: 70 },
  delivered: { kind: "delivered", fetched: found, permit, notified: false },
  emptyHanded: { kind: "delivered", fetched: nothing, permit, notified: false },
  processing,
  done,
  doneNotified: { ...done, notified: true },
  doneWithFailures: { ...done, allDone: false },
  doneAgain: { ...done, batch: redelivery.batch! },
} satisfies Record<string, MailboxState>;

const inputs = {
  open: { kind: "open" },
  permit: { kind: "permit", permit },
  found: { kind: "fetched", fetched: found },
  nothing: { kind: "fetched", fetched: nothing },
  deliver: { kind: "deliver", fetched: found, permit },
  take: { kind: "take" },
  notify: { kind: "notify" },
  settled: { kind: "settled", to: 5, allDone: true },
  parked: { kind: "settled", to: 5, allDone: false },
  drained: { kind: "next", isDrained: true },
  more: { kind: "next", isDrained: false },
  close: { kind: "close" },
} satisfies Record<string, MailboxInput>;

/** From a state, by an input, to a state; and whether a permit is given back. */
const table: [keyof typeof states, keyof typeof inputs, MailboxState, "released" | "kept"][] = [
  ["closed", "open", states.waiting, "kept"],
  ["closed", "notify", CLOSED, "kept"],
  ["closed", "deliver", CLOSED, "released"],
  ["waiting", "permit", states.fetching, "kept"],
  ["waiting", "notify", { kind: "polling", notified: true }, "kept"],
  ["fetching", "found", processing, "kept"],
  ["fetching", "nothing", states.idle, "released"],
  ["fetching", "notify", states.notified, "kept"],
  ["fetching", "deliver", states.notified, "released"],
  ["fetching", "close", CLOSED, "released"],
  ["notified", "nothing", states.waiting, "released"],
  ["notified", "found", { ...processing, notified: true }, "kept"],
  ["idle", "notify", states.waiting, "kept"],
  ["idle", "deliver", states.delivered, "kept"],
  ["idle", "permit", states.idle, "released"],
  ["idle", "close", CLOSED, "kept"],
  ["delivered", "notify", { ...states.delivered, notified: true }, "kept"],
  ["delivered", "take", processing, "kept"],
  ["delivered", "deliver", { ...states.delivered, notified: true }, "released"],
  ["delivered", "close", CLOSED, "released"],
  ["emptyHanded", "take", states.idle, "released"],
  ["processing", "settled", done, "kept"],
  ["processing", "parked", states.doneWithFailures, "kept"],
  ["processing", "deliver", { ...processing, notified: true }, "released"],
  ["processing", "drained", states.waiting, "released"],
  ["processing", "close", CLOSED, "released"],
  ["done", "drained", states.idle, "released"],
  ["done", "more", states.waiting, "released"],
  ["doneNotified", "drained", states.waiting, "released"],
  ["doneWithFailures", "drained", states.waiting, "released"],
  ["doneAgain", "drained", states.waiting, "released"],
];

for (const [from, by, to, permitIs] of table) {
  Deno.test(`a mailbox that is ${from} becomes, by ${by}, ${to.kind}; a permit is ${permitIs}`, () => {
    const { state, release } = transition(states[from], inputs[by]);
    assertEquals(state, to);
    assertEquals(release === undefined ? "kept" : "released", permitIs);
  });
}

/** Inputs of any kind in any order, each with a permit of its own where it brings one. */
const anyInput = fc.constantFrom(...Object.values(inputs)).map((input): MailboxInput =>
  "permit" in input ? { ...input, permit: () => {} } : input
);

Deno.test("whatever comes in whatever order, a permit is held once or given back once, and never while idle or closed", () => {
  fc.assert(fc.property(fc.array(anyInput, { maxLength: 40 }), (sequence) => {
    const held = new Set<() => void>();
    let state: MailboxState = CLOSED;
    for (const input of sequence) {
      if ("permit" in input) held.add(input.permit);
      const next = transition(state, input);
      state = next.state;
      if (next.release !== undefined) assert(held.delete(next.release), "a permit is given back twice");
      const mine = permitOf(state);
      assertEquals([...held], mine === undefined ? [] : [mine]);
      assert(mine === undefined || (state.kind !== "idle" && state.kind !== "closed"));
    }
  }));
});

Deno.test("whatever comes in whatever order, a mailbox that was notified since it last read is not idle (I1)", () => {
  fc.assert(fc.property(fc.array(anyInput, { maxLength: 40 }), (sequence) => {
    let isOpen = false;
    let isPending = false;
    let state: MailboxState = CLOSED;
    for (const input of sequence) {
      const before = state;
      state = transition(state, input).state;
      if (input.kind === "open") isOpen = true;
      if (input.kind === "close") isOpen = false;
      if (input.kind === "open" || input.kind === "permit" && before.kind === "polling") isPending = false;
      const isRefused = input.kind === "deliver" && before.kind !== "idle";
      if (isOpen && (input.kind === "notify" || isRefused)) isPending = true;
      assert(
        !(isPending && state.kind === "idle"),
        `lost a notification by ${input.kind} while ${before.kind}`,
      );
    }
  }));
});
