/** How numbers, rates, durations and addresses are written on a command line. @module */
import { assert, assertEquals } from "@std/assert";
import type { z } from "zod";
import {
  duration,
  flag,
  natsUrl,
  oneOf,
  postgresUrl,
  rate,
  text,
  wholeNumber,
} from "../../../schema/settings.ts";

/** The value, or the message. */
function read(schema: z.ZodType, input: string): unknown {
  const parsed = schema.safeParse(input);
  return parsed.success ? parsed.data : parsed.error.issues[0]!.message;
}

Deno.test("a whole number is digits between its bounds, both included", () => {
  const schema = wholeNumber(1, 64);
  assertEquals(["1", "64", "007"].map((input) => read(schema, input)), [1, 64, 7]);
  for (
    const wrong of ["0", "65", "-1", "1.0", "1e1", "0x10", "", " ", "1 ", "ten", "Infinity", "NaN", "1_0"]
  ) {
    assertEquals(read(schema, wrong), "must be a whole number from 1 to 64", wrong);
  }
});

Deno.test("a rate is a number by second or minute", () => {
  assertEquals(["100/sec", "5/s", "600/min", "0.5/sec"].map((input) => read(rate, input)), [100, 5, 10, 0.5]);
  for (const wrong of ["100", "/sec", "0/sec", "-1/sec", "100/hour", "1e3/sec", "100 /sec", "100/secs"]) {
    assertEquals(read(rate, wrong), "must be a rate such as 100/sec or 600/min", wrong);
  }
});

Deno.test("a duration has a unit, and an end", () => {
  const right = ["500ms", "60s", "5m", "1h", "1.5s", "90d"].map((input) => read(duration, input));
  assertEquals(right, [500, 60_000, 300_000, 3_600_000, 1_500, 7_776_000_000]);
  for (const wrong of ["5", "s", "0s", "-1s", "5 s", "5sec", "1y", "999999h"]) {
    assertEquals(read(duration, wrong), "must be a duration such as 500ms, 60s, 5m or 1h", wrong);
  }
});

Deno.test("a switch is off unless given, and takes true or false from the environment", () => {
  assertEquals(["true", "1", "false", "0"].map((input) => read(flag, input)), [true, true, false, false]);
  assertEquals(flag.parse(undefined), false);
  assertEquals(read(flag, "yes"), "must be true or false");
});

Deno.test("a PostgreSQL URL is one, and its message repeats nothing of it", () => {
  for (const url of ["postgres://u@h/db", "postgresql://u:p%25w@h:1/db?sslmode=require", "postgres://h"]) {
    assertEquals(read(postgresUrl, url), url);
  }
  for (
    const wrong of [
      "",
      "h/db",
      "http://geheim@h",
      "postgres://",
      "postgres://u:geheim%@h/db",
      "postgres://h:99999/db",
    ]
  ) {
    assertEquals(
      String(read(postgresUrl, wrong)).startsWith("must be a URL such as postgres://"),
      true,
      wrong,
    );
    assertEquals(String(read(postgresUrl, wrong)).includes("geheim"), false);
  }
});

Deno.test("words and texts say what they must be", () => {
  assertEquals(read(oneOf(["a", "b"]), "c"), "must be one of a, b");
  assertEquals(read(text, ""), "must not be empty");
});

Deno.test("a NATS URL names one server or several of a cluster, and its message repeats nothing of it", () => {
  for (const url of ["nats://host:4222", "tls://host", "nats://u:p%40ss@a:4222,nats://b:4222"]) {
    assertEquals(read(natsUrl, url), url);
  }
  for (const url of ["host:4222", "nats://", "nats://a,b", "nats://u:50%off@a", "postgres://host/db", ""]) {
    assert(String(read(natsUrl, url)).startsWith("must be a URL such as nats://"), url);
  }
});
