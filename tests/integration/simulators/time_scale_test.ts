/** Years of cases in seconds: no term expires over what the simulated citizen did in time. @module */
import { assertEquals } from "@std/assert";
import { run } from "../../support/program.ts";

Deno.test("in simulated time every case ends, and nothing the citizen does comes too late", async () => {
  const feed = ["--count", "20", "--seed", "held", "--time-scale", "1000y/s", "--until-idle"];
  const { code, out, err } = await run(["start", "--backend", "memory", ...feed, "--json", "--port", "0"]);
  assertEquals(code, 0, err);
  const { events, ledger } = JSON.parse(out);
  assertEquals([events["case.event_refused"], ledger.completed, ledger.balanced], [undefined, 20, true]);
});
