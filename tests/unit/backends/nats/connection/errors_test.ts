/** What JetStream's refusals mean: what passes is waited out, what a person must mend is told, an event is an event. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BackendUnavailable, BackendUnusable } from "../../../../../backends/errors.ts";
import { JetStreamApiError } from "@nats-io/jetstream";
import {
  Conflict,
  EventTooLarge,
  isNotFound,
  refusal,
  StoreFull,
} from "../../../../../backends/nats/connection/errors.ts";

const refused = (err_code: number, description = "told so", code = 500) =>
  refusal({ code, err_code, description });

Deno.test("a store that is full is waited out, and says what to do: its server, its account or its stream", () => {
  for (const code of [10002, 10023, 10028, 10047, 10077]) {
    const error = refused(code, "maximum bytes exceeded");
    assert(error instanceof BackendUnavailable && error instanceof StoreFull, `${code} ${error}`);
    assertMatch(
      error.message,
      new RegExp(`^NATS takes no writes \\(${code} maximum bytes exceeded\\): (free|raise) `),
    );
  }
});

Deno.test("a message that is too large is about this message, also where the disk is what says so", () => {
  for (
    const error of [refused(10054), refused(10077, "message to large"), refused(10077, "message too large")]
  ) {
    assert(error instanceof EventTooLarge, String(error));
  }
});

Deno.test("what only a person can mend is refused, and a busy server is asked again", () => {
  for (const code of [10039, 10074, 10076]) assert(refused(code) instanceof BackendUnusable, String(code));
  for (const code of [10008, 10210]) assert(refused(code) instanceof BackendUnavailable, String(code));
  assert(refused(10167, "too many requests", 429) instanceof BackendUnavailable);
  assert(!(refused(10008) instanceof StoreFull));
});

Deno.test("a code that nobody expects is a refusal in one line, and no bug", () => {
  for (const code of [10026, 10027, 10113, 19999]) {
    const error = refused(code, "maximum number of streams reached", 400);
    assert(error instanceof BackendUnusable, String(code));
    assertMatch(error.message, new RegExp(`^NATS refuses \\(${code} maximum number .*limits of the account`));
  }
});

Deno.test("a stream that is gone is waited for, until somebody knows better, and is what was not found", () => {
  const missing = refused(10059, "stream not found", 404);
  assert(missing instanceof BackendUnavailable && isNotFound(missing));
  assert(isNotFound(refused(10037, "no message found", 404)) && !isNotFound(refused(10008)));
});

Deno.test("a stale expectation is a conflict that tells the sequence found; what is not known stays itself", () => {
  const conflict = refused(10071, "wrong last sequence: 42", 400);
  assertEquals((conflict as Conflict).actual, 42);
  assertEquals((refused(10037, "no message found", 404) as JetStreamApiError).code, 10037);
});
