/** How errors become an exit code and one line. @module */
import { assertEquals, assertMatch } from "@std/assert";
import {
  BackendBusy,
  BackendUnavailable,
  BackendUnusable,
  EventIdConflict,
  VersionConflict,
} from "../../../../backends/errors.ts";
import { EmbeddedError } from "../../../../backends/local_server/errors.ts";
import {
  CommandError,
  describeExit,
  exitCodes,
  OutputClosed,
  reportError,
  UsageError,
} from "../../../../console/cli/exit_codes.ts";
import { ListenError } from "../../../../console/http/listen.ts";
import { InvalidEvent } from "../../../../schema/codec.ts";

const cases: readonly [Error, number][] = [
  [new UsageError("x"), exitCodes.usage],
  [new InvalidEvent(["x"]), exitCodes.input],
  [new EventIdConflict("x"), exitCodes.input],
  [new BackendUnavailable("x"), exitCodes.unavailable],
  [new BackendBusy("x"), exitCodes.unusable],
  [new BackendUnusable("x"), exitCodes.unusable],
  [new EmbeddedError("no_space", "x"), exitCodes.unusable],
  [new EmbeddedError("in_use", "x"), exitCodes.inUse],
  [new ListenError("x"), exitCodes.inUse],
  [new VersionConflict("x", "none", 1), exitCodes.notFound],
  [new CommandError(exitCodes.notFound, "x"), exitCodes.notFound],
  [new OutputClosed(), exitCodes.ok],
];

for (const [error, code] of cases) {
  Deno.test(`${error.name} ends with ${code}, in its own words`, () => {
    assertEquals(describeExit(error), { code, text: error.message });
  });
}

Deno.test("anything else is a bug, with its stack", () => {
  for (const error of [new TypeError("odd"), "a text", undefined]) {
    const { code, text } = describeExit(error);
    assertEquals(code, exitCodes.bug);
    assertMatch(text, /^This is a bug in zaakstroom: /);
  }
});

Deno.test("nine digits in a row never reach the terminal", () => {
  assertEquals(describeExit(new BackendUnusable("of 123456782")).text, "of [nine digits]");
});

Deno.test("every exit code has one meaning", () => {
  const codes = Object.values(exitCodes);
  assertEquals(new Set(codes).size, codes.length);
});

/** What is printed of an error, and its exit code. */
function reported(error: unknown, json: boolean): [number, string[]] {
  const lines: string[] = [];
  const code = reportError(error, { err: (line) => lines.push(line) }, {
    json,
    help: "zaakstroom cases --help",
  });
  return [code, lines];
}

Deno.test("an error is one line of text, and a wrong command line says where to read more", () => {
  assertEquals(reported(new UsageError("x"), false), [2, ["x (see zaakstroom cases --help)"]]);
  assertEquals(reported(new BackendUnavailable("x"), false), [4, ["x"]]);
  assertEquals(reported(new OutputClosed(), false), [0, []]);
});

Deno.test("as JSON an error has a stable code, of every exit code that an error can have", () => {
  const codes = cases.filter(([, code]) => code !== exitCodes.ok).map(([error, code]) => {
    const [exit, lines] = reported(error, true);
    assertEquals(exit, code);
    const parsed = JSON.parse(lines[0]!).error;
    assertEquals(parsed.message, error.message);
    return parsed.code;
  });
  assertEquals([...new Set(codes)], ["usage", "input", "unavailable", "unusable", "in_use", "not_found"]);
  assertEquals(JSON.parse(reported(new TypeError("odd"), true)[1][0]!).error.code, "bug");
  assertEquals(JSON.parse(reported(new CommandError(1, "x"), true)[1][0]!).error.code, "failed");
});
