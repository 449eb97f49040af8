import { assertEquals } from "@std/assert";
import { describeError } from "../../../actors/error_info.ts";

Deno.test("an error is described by its class, message and stack", () => {
  const error = new TypeError("odd");
  assertEquals(describeError(error), { class: "TypeError", message: "odd", stack: error.stack! });
});

Deno.test("whatever else is thrown is described too", () => {
  assertEquals(describeError("text"), { class: "string", message: "text" });
  assertEquals(describeError(undefined), { class: "undefined", message: "undefined" });
  assertEquals(describeError(Symbol("odd")), { class: "symbol", message: "Symbol(odd)" });
});

Deno.test("describe() never throws, though reading what was thrown may", () => {
  const unreadable = { class: "unknown", message: "What was thrown can't be described" };
  assertEquals(describeError(Object.create(null)), unreadable);
  const trap = new Error("odd");
  Object.defineProperty(trap, "message", {
    get() {
      throw new Error("again");
    },
  });
  assertEquals(describeError(trap), unreadable);
});

Deno.test("a description is text that any store takes, of a bounded length", () => {
  const error = new Error(`a\0b\ud800${"x".repeat(100_000)}`);
  Object.assign(error, { name: { toString: () => "odd\0" } });
  const { class: name, message, stack } = describeError(error);
  assertEquals([name, message.slice(0, 5), message.length], ["odd\uFFFD", "a\uFFFDb\uFFFDx", 2_000]);
  assertEquals(stack!.length, 8_000);
  assertEquals(JSON.stringify({ message, stack }).includes("\\u0000"), false);
  assertEquals(describeError("\u0007\n\t\u001b").message, "\uFFFD\n\t\uFFFD");
});
