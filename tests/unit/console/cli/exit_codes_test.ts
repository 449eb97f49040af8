/** How errors become an exit code and one line. @module */
import { assertEquals, assertMatch } from "@std/assert";
import {
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
  UsageError,
} from "../../../../console/cli/exit_codes.ts";
import { ListenError } from "../../../../console/http/server.ts";
import { InvalidEvent } from "../../../../schema/codec.ts";

const cases: readonly [Error, number][] = [
  [new UsageError("x"), exitCodes.usage],
  [new InvalidEvent(["x"]), exitCodes.input],
  [new EventIdConflict("x"), exitCodes.input],
  [new BackendUnavailable("x"), exitCodes.unavailable],
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
