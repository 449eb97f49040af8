/** The guardian's part of the command line. @module */
import { assert, assertEquals } from "@std/assert";
import { BackendReadOnly, BackendUnusable } from "../../../../backends/errors.ts";
import { describeExit, exitCodes } from "../../../../console/cli/exit_codes.ts";
import {
  asOutage,
  codeForGuardian,
  codeOfGuarded,
  givesUp,
  GUARDED,
  isAnswer,
  needsGuardian,
  nodeEnvironment,
} from "../../../../console/node/guarded_start.ts";

Deno.test("a start gets a guardian, but for the node itself and for help", () => {
  assertEquals(Deno.env.get(GUARDED), undefined);
  assertEquals(
    [["start", "--json"], ["start", "--help"], ["start", "-h"], ["cases", "list"], []].map(needsGuardian),
    [
      true,
      false,
      false,
      false,
      false,
    ],
  );
  Deno.env.set(GUARDED, "1");
  try {
    assertEquals(needsGuardian(["start"]), false);
  } finally {
    Deno.env.delete(GUARDED);
  }
});

Deno.test("the node runs in a small heap, and knows that it is guarded", () => {
  assertEquals(nodeEnvironment[GUARDED], "1");
  assert(nodeEnvironment.DENO_V8_FLAGS!.includes("--max-semi-space-size=8"));
});

Deno.test("a store out of reach is the first start's answer alone; a crash never is one", () => {
  assertEquals([0, 2, 3, 4, 5, 6, 7, 71].filter((code) => !isAnswer(code, 1)), []);
  assertEquals([0, 2, 3, 4, 5, 6, 7, 70, 71, 75, 101].filter((code) => !isAnswer(code, 2)), [4, 70, 75, 101]);
});

Deno.test("the code with which Deno itself breaks down is no answer: a node that means it ends with another", () => {
  assertEquals([isAnswer(exitCodes.failed, 1), isAnswer(exitCodes.failed, 2)], [false, false]);
  const codes = Object.values(exitCodes).map(codeForGuardian);
  assert(!codes.includes(exitCodes.failed));
  assertEquals(codes.map(codeOfGuarded), Object.values(exitCodes).map(codeOfGuarded));
  assertEquals(codeOfGuarded(codeForGuardian(exitCodes.failed)), exitCodes.failed);
});

Deno.test("a server that can't serve now is the first start's answer alone: a node started again is out of its reach", () => {
  const busy = new BackendReadOnly("PostgreSQL is a read-only server");
  const codes = [undefined, "1", "2"].map((start) => describeExit(asOutage(busy, start)).code);
  assertEquals(codes, [exitCodes.unusable, exitCodes.unusable, exitCodes.unavailable]);
  const unusable = new BackendUnusable("no such database");
  assertEquals(asOutage(unusable, "2"), unusable);
});

Deno.test("a guardian gives up for a supervisor above it and for a run until idle", () => {
  const flags = [[], ["--json"], ["--give-up"], ["--until-idle"]];
  assertEquals(flags.map((more) => givesUp(["start", ...more])), [false, false, true, true]);
});
