import { assertEquals } from "@std/assert";
import {
  EMPTY,
  type SequencerInput,
  type SequencerState,
  stepSequencer,
  worksAlone,
} from "../../../../actors/passes/sequencer_state.ts";

const join = (member: string, isBehind = false): SequencerInput => ({ kind: "join", member, isBehind });
const idle = (member: string, isCleared = true): SequencerInput => ({ kind: "idle", member, isCleared });
const busy = (member: string): SequencerInput => ({ kind: "busy", member });
const refused = (...lagging: string[]): SequencerInput => ({ kind: "refused", lagging });
const UNFUSABLE: SequencerInput = { kind: "unfusable" };
const SETTLED: SequencerInput = { kind: "settled" };

/** Those that work for themselves after these inputs, of a, b and c. */
function plainAfter(...inputs: SequencerInput[]): string {
  const start: SequencerState = ["a", "b", "c"].reduce(
    (state, member) => stepSequencer(state, join(member)),
    EMPTY,
  );
  const state = inputs.reduce(stepSequencer, start);
  return [...state.members].filter((member) => worksAlone(state, member)).join("");
}

for (
  const { name, inputs, plain } of [
    { name: "all go in passes at first", inputs: [], plain: "" },
    { name: "one taken over from a crashed owner works for itself", inputs: [join("d", true)], plain: "d" },
    { name: "also when it finds nothing", inputs: [join("d", true), idle("d", false)], plain: "d" },
    {
      name: "and holds up no others",
      inputs: [join("d", true), UNFUSABLE, ...["a", "b", "c"].map((each) => idle(each)), idle("d", false)],
      plain: "d",
    },
    { name: "and joins once it has nothing to do", inputs: [join("d", true), idle("d")], plain: "" },
    { name: "what can't be fused leaves all to themselves", inputs: [UNFUSABLE], plain: "abc" },
    { name: "until all are idle", inputs: [UNFUSABLE, idle("a"), idle("b")], plain: "abc" },
    {
      name: "at the same time",
      inputs: [UNFUSABLE, idle("a"), idle("b"), busy("a"), idle("c")],
      plain: "abc",
    },
    { name: "then all go in passes again", inputs: [UNFUSABLE, idle("a"), idle("b"), idle("c")], plain: "" },
    {
      name: "one that leaves is not waited for",
      inputs: [UNFUSABLE, idle("a"), idle("b"), { kind: "leave", member: "c" } as SequencerInput],
      plain: "",
    },
    {
      name: "nor one that is behind",
      inputs: [join("d", true), UNFUSABLE, idle("a"), idle("b"), idle("c")],
      plain: "d",
    },
    { name: "a pass that is refused is tried once more", inputs: [refused("a")], plain: "" },
    {
      name: "a second refusal leaves those with a backlog behind",
      inputs: [refused("a"), refused("a")],
      plain: "a",
    },
    { name: "or all where nobody has one", inputs: [refused(), refused()], plain: "abc" },
    { name: "or everybody has", inputs: [refused(), refused("a", "b", "c")], plain: "abc" },
    {
      name: "a refusal is forgotten once a pass is settled",
      inputs: [refused("a"), SETTLED, refused("a")],
      plain: "",
    },
  ]
) {
  Deno.test(`processors of a partition: ${name}`, () => assertEquals(plainAfter(...inputs), plain));
}
