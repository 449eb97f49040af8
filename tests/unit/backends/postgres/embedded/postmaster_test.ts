/** Waiting for the end of a server that this process started. @module */
import { assertRejects } from "@std/assert";
import { exited } from "../../../../../backends/postgres/embedded/postmaster.ts";

const ENDED = Promise.resolve({ success: true, code: 0, signal: null });

Deno.test("a server that ended a moment ago is not waited for in vain, and nothing is wrong with that", async () => {
  // As Deno answers when the child has ended and its status is still on its way: a moment that can't be brought about.
  const ref = () => {
    throw new Deno.errors.BadResource("Bad resource ID");
  };
  await exited({ ref, status: ENDED });
});

Deno.test("whatever else goes wrong in waiting for a server is told", async () => {
  const ref = () => {
    throw new TypeError("no child");
  };
  await assertRejects(() => exited({ ref, status: ENDED }), TypeError);
});
